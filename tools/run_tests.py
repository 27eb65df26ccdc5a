#!/usr/bin/env python3
"""Runs every part of the test suite, times each, and ends with one line: `N passed, N failed, N skipped`.

    run_tests.py [PART ...]        parts by name; DEFAULT_PARTS where none is named
    run_tests.py --list

A part is one or more commands. Their output goes to build/test-logs/PART.log; of a part that fails the end is shown.
What is counted: doctest's own summary of each program, a plain line `N passed, N failed, N skipped`, and for a command
that prints neither, one test by its exit code. A line that starts with `skipped:` counts as skipped.
"""
import argparse
import dataclasses
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "build/test-logs"
DOCTEST = re.compile(r"^(?:\d+: )?\[doctest\] test cases:\s*(\d+) \|\s*(\d+) passed \|\s*(\d+) failed", re.MULTILINE)
PLAIN = re.compile(r"^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.MULTILINE)
SKIPPED = re.compile(r"^(?:\d+: )?skipped:", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")

CORPUS = pathlib.Path(os.environ.get("RUTTER_CORPUS", ROOT / "../shared/corpus"))
VENV = ROOT / ".venvs/main/bin/python"
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=1:detect_stack_use_after_return=0",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}


@dataclasses.dataclass
class Command:
    arguments: list
    minutes: float = 40  # only to notice what never ends
    counts: bool = True  # False: a build step, which counts only where it fails


@dataclasses.dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped


def tally_of(output, exit_code, counts):
    """The tests that one command ran, from what it printed."""
    output = COLOUR.sub("", output)
    tally = Tally()
    for _, passed, failed in DOCTEST.findall(output):
        tally.add(Tally(int(passed), int(failed)))
    for passed, failed, skipped in PLAIN.findall(output):
        tally.add(Tally(int(passed), int(failed), int(skipped or 0)))
    if tally == Tally() and counts and exit_code == 0:
        tally.passed = 1
    skipped = min(len(SKIPPED.findall(output)), tally.passed)
    tally.passed -= skipped
    tally.skipped += skipped
    if exit_code != 0 and tally.failed == 0:
        tally.failed = 1  # a crash, a time-out, a failed build
    return tally


def run(command, log):
    """Runs one command in a process group of its own; returns (output, exit code). A time-out ends the group."""
    log.write(f"$ {' '.join(map(str, command.arguments))}\n")
    log.flush()
    start = log.tell()
    process = subprocess.Popen([str(a) for a in command.arguments], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log,
                               stderr=subprocess.STDOUT, env={**SANITIZERS, **os.environ}, start_new_session=True)
    try:
        exit_code = process.wait(command.minutes * 60)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        exit_code = process.wait()
        log.write(f"\nended after {command.minutes} minutes\n")
    log.seek(0, os.SEEK_END)
    with open(log.name, encoding="utf-8", errors="replace") as text:
        text.seek(start)
        return text.read(), exit_code


# ---- the parts --------------------------------------------------------------------------------------------------------


def build(preset, targets):
    """Configure and build; `targets` as the build tool names them."""
    return [Command(["cmake", "--preset", preset], counts=False),
            Command(["cmake", "--build", f"build/{preset}", "--target", *targets], counts=False)]


def ctest(preset, *arguments):
    return Command(["ctest", "--test-dir", f"build/{preset}", "-V", "-j2", "--no-tests=error", *arguments])


def checks():
    """Layers, formats and sizes of the sources."""
    return [Command([sys.executable, path]) for path in sorted((ROOT / "tools").glob("check_*.py"))]


def unit():
    """Unit tests and fuzz replays at full speed, for daily work: the part asan runs them too."""
    return build("release", ["all"]) + [ctest("release", "-L", "unit|replay")]


def hostile_arguments(preset, tool, *arguments):
    return [f"build/{preset}/bin/{tool}", "--save", f"build/test-logs/{preset}-{tool}", *arguments, *hostile_inputs()]


def hostile_inputs():
    return [str(CORPUS)] if CORPUS.is_dir() else ["fixtures"]


def asan():
    """Unit tests, fuzz replays, truncations and mutants under AddressSanitizer and UndefinedBehaviorSanitizer.

    This build is made quickly, runs slowly, and may run beside other work: a mutant hangs after a minute. `make hostile` has an
    optimised build, and the budget of fuzz/README.md."""
    return build("asan", ["rutter_tests", "rutter_fuzz_targets"]) + [
        ctest("asan", "-L", "unit|replay", "-j3"),  # those with servers mostly wait
        Command(hostile_arguments("asan", "truncate_corpus", "--files", "6", "--max-bytes", "6000", "--seconds", "60")),
        Command(hostile_arguments("asan", "mutate_corpus", "--count", "2500", "--seconds", "60")),
    ]


def hostile():
    """Every truncation of 20 real files and 8,000 mutants at full speed: a typed error, or the values of the whole file."""
    return build("release", ["truncate_corpus", "mutate_corpus"]) + [
        Command(hostile_arguments("release", "truncate_corpus", "--files", "20", "--max-bytes", "12000")),
        Command(hostile_arguments("release", "mutate_corpus", "--count", "8000")),
    ]


def tsan():
    """The tests that read from several threads, under ThreadSanitizer."""
    return build("tsan", ["rutter_thread_tests"]) + [ctest("tsan", "-L", "threads")]


def interop():
    """Other readers beside rutter: values and chunk places of h5py, and what clients see through the maps."""
    tests = sorted((ROOT / "tests/interop").glob("*_test.py"))
    sample = {"clients_test.py": ["--every", "3"]}  # the part `clients` takes all files
    return build("release", ["rutter", "read_many"]) + [Command(["sh", "tools/make_venvs.sh"], counts=False)] + [
        Command([VENV, test, *sample.get(test.name, [])]) for test in tests]


def clients():
    """The maps of all files of the corpus, opened by every client."""
    return build("release", ["rutter"]) + [Command(["sh", "tools/make_venvs.sh"], counts=False), Command([VENV, "tests/interop/clients_test.py"])]


def remote():
    """Files through nginx over HTTP/1.1 and HTTP/2, and through an S3 store that verifies signatures, are what they are locally (60 of them)."""
    return build("release", ["rutter"]) + [
        Command(["sh", "tools/make_s3_server.sh"], counts=False),
        Command([sys.executable, "tests/remote/same_as_local_test.py", "build/release/bin/rutter", "--through", "nginx,h2,s3"])]


def memory():
    """Selections larger than --max-memory: every value, and the most memory that was held."""
    return build("release", ["rutter"]) + [Command(["sh", "tools/make_venvs.sh"], counts=False),
                                           Command([VENV, "tests/cli/bounded_memory_test.py", "build/release/bin/rutter"])]


def demo():
    """What the README shows, and `make demo`."""
    return build("release", ["rutter"]) + [Command([sys.executable, "tools/test_readme.py"]),
                                           Command(["sh", "tools/demo.sh"])]


PARTS = {"checks": checks, "demo": demo, "hostile": hostile, "interop": interop, "memory": memory, "remote": remote, "asan": asan, "tsan": tsan, "unit": unit, "clients": clients}

# What `make test` runs where no part is named. The part asan runs the same unit tests as the part unit, whose own build would
# take a sixth of the whole time; the part interop, the clients on a third of the files.
DEFAULT_PARTS = [name for name in PARTS if name not in ("unit", "clients")]


# What parts need that comes over the network or is built elsewhere, made while the first parts compile. Each is made once: a part
# that needs one runs it again, waits for this run, and finds it done.
PREPARATIONS = {"interop": "tools/make_venvs.sh", "clients": "tools/make_venvs.sh", "memory": "tools/make_venvs.sh", "remote": "tools/make_s3_server.sh"}


def prepare(parts):
    """Starts what these parts need; gives the process."""
    scripts = sorted({PREPARATIONS[name] for name in parts if name in PREPARATIONS}, reverse=True)
    with open(LOGS / "prepare.log", "w", encoding="utf-8") as log:
        return subprocess.Popen(["sh", "-c", 'for script; do sh "$script"; done', "prepare", *scripts], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log,
                                stderr=subprocess.STDOUT)


def run_part(name):
    tally, start = Tally(), time.monotonic()
    with open(LOGS / f"{name}.log", "w+", encoding="utf-8", errors="replace") as log:
        for command in PARTS[name]():
            output, exit_code = run(command, log)
            tally.add(tally_of(output, exit_code, command.counts))
            if exit_code != 0:
                print(f"--- {name}: exit code {exit_code} from: {' '.join(map(str, command.arguments))}")
                print("\n".join(output.splitlines()[-40:]))
                print(f"--- the whole log: {log.name}")
                if not command.counts:
                    break  # what was not built cannot be run
    return tally, time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    if arguments.list:
        for name, part in PARTS.items():
            print(f"{name:10} {(part.__doc__ or '').strip()}")
        return 0
    for name in arguments.parts:
        if name not in PARTS:
            parser.error(f"no part '{name}'; there are {', '.join(PARTS)}")
    LOGS.mkdir(parents=True, exist_ok=True)
    total, rows, begin = Tally(), [], time.monotonic()
    preparation = prepare(arguments.parts or DEFAULT_PARTS)
    for name in arguments.parts or DEFAULT_PARTS:
        print(f"== {name}", flush=True)
        tally, seconds = run_part(name)
        total.add(tally)
        rows.append((name, tally, seconds))
    preparation.wait()
    print(f"\n{'part':10} {'passed':>7} {'failed':>7} {'skipped':>7} {'seconds':>8}")
    for name, tally, seconds in rows:
        print(f"{name:10} {tally.passed:7} {tally.failed:7} {tally.skipped:7} {seconds:8.0f}")
    print(f"{'all':10} {total.passed:7} {total.failed:7} {total.skipped:7} {time.monotonic() - begin:8.0f}\n")
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
