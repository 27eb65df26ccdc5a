"""Gives rutter every damaged and every foreign file of the corpus, and damaged copies of the project's own fixtures: each must
end in correct data or in a typed error.

`ls`, `map`, `inspect`, and `read` of every array that is listed. Each ends with an exit code of 0 to 8 (never a signal, never
70, never something else), within 5 s (public CVE files: 1 s) and 256 MiB. What a file's own listing shows, failures included,
its map must list too, and `map` must have told each failure. Time is CPU time, so that a busy machine does not
fail the test; a process that sleeps is caught by ten times as much wall time. Files of formats that rutter does not read must
be refused as unsupported, by name.
"""

import argparse
import collections
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time

import harness
import rutter_cli

SECONDS, CVE_SECONDS, PEAK_BYTES = 5.0, 1.0, 256 << 20
MAX_READS = 200
HDF5_FAMILY = {"HDF5", "NWB", "NetCDF4", "MAT73", "ISMRMRD"}
FIXTURES = os.path.join(harness.PROJECT, "fixtures", "hdf5")
OWN = HDF5_FAMILY | {"NPY", "SpikeGLX"}

Outcome = collections.namedtuple("Outcome", "code cpu wall peak out err")


def guard():
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))  # only to protect the machine; the budget is the peak
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def observe(arguments, seconds):
    """Runs rutter once and sees what it cost."""
    start = time.monotonic()
    process = subprocess.Popen([os.fsencode(a) for a in [rutter_cli.BINARY, *arguments]], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=guard)
    timer = threading.Timer(10 * seconds, process.kill)
    timer.start()
    errors = []
    reader = threading.Thread(target=lambda: errors.append(process.stderr.read()))
    reader.start()
    out = process.stdout.read()
    reader.join()
    _, status, usage = os.wait4(process.pid, 0)
    timer.cancel()
    process.returncode = 0  # waited for already
    process.stdout.close()
    process.stderr.close()
    code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    return Outcome(code, usage.ru_utime + usage.ru_stime, time.monotonic() - start, usage.ru_maxrss * 1024, out, errors[0])


def faults(outcome, seconds):
    """What an outcome did that it must not."""
    if outcome.wall >= 10 * seconds:
        yield f"hung for {outcome.wall:.1f} s"
    elif outcome.code < 0:
        yield f"died of {signal.Signals(-outcome.code).name}"
    elif outcome.code not in rutter_cli.EXIT_NAMES or outcome.code == 70:
        yield f"exit code {outcome.code}: {outcome.err.decode('utf-8', 'replace')[:200]}"
    elif outcome.code and not outcome.err.strip():
        yield f"exit code {outcome.code} without a message"
    if outcome.cpu > seconds:
        yield f"took {outcome.cpu:.2f} s of CPU, {seconds:g} s allowed"
    if outcome.peak > PEAK_BYTES:
        yield f"peak memory {outcome.peak >> 20} MiB, {PEAK_BYTES >> 20} MiB allowed"


def damaged_fixtures(scratch):
    """(name, path) of copies of the HDF5 fixtures that are cut short, or have a hole of zeros."""
    for item in harness.walk_files(FIXTURES):
        if not item.endswith(".h5"):
            continue
        with open(os.path.join(FIXTURES, item), "rb") as file:
            whole = file.read()
        for eighth in range(1, 8):
            at = len(whole) * eighth // 8
            for damage, content in (("cut", whole[:at]), ("hole", whole[:at] + bytes(256) + whole[at + 256:])):
                name = f"{damage} at {at} of {item}"
                path = os.path.join(scratch, name.replace(os.sep, "_"))
                with open(path, "wb") as file:
                    file.write(content)
                yield name, path


def failures_of(node):
    """What of a listed node could not be read, in words."""
    if node.get("failure") or node.get("reason") and not node.get("mapped"):
        yield "the node or its members"
    if node.get("attributes_failure"):
        yield "its list of attributes"
    for name, attribute in node["attributes"].items():
        if attribute.get("failure"):
            yield f"attribute {name}"


def lost(nodes, mapped, summary):
    """What a file's map does not list, or `rutter map` did not tell, of what the file's own listing shows."""
    others = {json.dumps(node["path"]): node for node in mapped}
    told = collections.Counter(json.dumps(item["path"]) for item in summary["unmapped"])
    for node in nodes:
        path = json.dumps(node["path"])
        other = others.get(path)
        if other is None or other["kind"] != node["kind"]:
            yield f"the map has lost {path}"
            continue
        for name in node["attributes"].keys() - other["attributes"].keys():
            yield f"the map has lost attribute {name} of {path}"
        missing = list(failures_of(node))
        for failure in set(missing) - set(failures_of(other)):
            yield f"the map has lost why {failure} of {path} cannot be read"
        if told[path] < len(missing):
            yield f"rutter map told {told[path]} of {len(missing)} failures of {path}"


class Run:
    def __init__(self, scratch):
        self.scratch, self.codes, self.failures = scratch, collections.Counter(), []
        self.calls = self.worst_peak = 0
        self.worst_cpu = (0.0, "")
        self.refusals = harness.Tally(examples=1)

    def call(self, item, arguments, seconds):
        outcome = observe(arguments, seconds)
        self.calls += 1
        self.codes[rutter_cli.EXIT_NAMES.get(outcome.code, str(outcome.code))] += 1
        self.worst_peak = max(self.worst_peak, outcome.peak)
        self.worst_cpu = max(self.worst_cpu, (outcome.cpu, f"{arguments[0]} {item}"))
        for fault in faults(outcome, seconds):
            self.failures.append(f"{item} [{' '.join(a for a in arguments if a.startswith('-') is False)[:120]}]: {fault}")
        return outcome

    def damaged(self, item, path):
        """Everything that can be asked of one file."""
        seconds = CVE_SECONDS if "cve" in os.path.basename(item).lower() else SECONDS
        out = os.path.join(self.scratch, f"{threading.get_ident()}.json")
        written = self.call(item, ["map", path, "-o", out, "--json"], seconds)
        self.call(item, ["inspect", path, "--json"], seconds)
        listing = self.call(item, ["ls", path, "--json", "--attrs"], seconds)
        if listing.code:
            return
        try:
            nodes = json.loads(listing.out.decode("utf-8", "surrogateescape"))["nodes"]
            if written.code == 0:
                mapped = self.call(item, ["ls", out, "--json", "--attrs", "--allow", "/"], seconds)
                back = json.loads(mapped.out.decode("utf-8", "surrogateescape"))["nodes"]
                losses = lost(nodes, back, json.loads(written.out.decode("utf-8", "surrogateescape")))
                self.failures += [f"{item} [map]: {loss}" for loss in losses]
        except (ValueError, KeyError) as error:
            self.failures.append(f"{item} [ls]: {error}")
            return
        for node in [n for n in nodes if n["kind"] == "array"][:MAX_READS]:
            name = rutter_cli.as_text(node["path"])
            self.call(item, ["read", path, name, "--stats", "--json"], seconds)
            self.call(item, ["ls", path, name, "--chunks", "--json"], seconds)

    def foreign(self, item, path):
        """A file of a format that rutter does not read."""
        outcome = self.call(item, ["ls", path, "--json"], SECONDS)
        if outcome.code == 0:
            self.failures.append(f"{item}: listed, though its format is not read")
            return
        error = rutter_cli.error_of(outcome.err)
        self.refusals.add(f"{rutter_cli.EXIT_NAMES.get(outcome.code)}: {error.get('message', '')[:90]}", item)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--show", type=int, default=40)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    root = harness.corpus_or_skip()
    rutter_cli.require_binary()
    start = time.monotonic()
    files = harness.chosen(harness.walk_files(root), options.names)
    damaged = [f for f in files if f.split(os.sep)[0] == "corrupt"]
    foreign = [f for f in files if os.sep in f and f.split(os.sep)[0] not in OWN | {"corrupt"}
               and not harness.is_hdf5(os.path.join(root, f)) and not f.endswith((".npy", ".bin", ".meta"))]
    with harness.scratch_folder() as scratch:
        run = Run(scratch)
        own = list(damaged_fixtures(scratch))
        waiting = collections.deque([(run.damaged, name, path) for name, path in own] +
                                    [(run.damaged, f, os.path.join(root, f)) for f in damaged] +
                                    [(run.foreign, f, os.path.join(root, f)) for f in foreign])

        def work():
            while True:
                try:
                    action, item, path = waiting.popleft()
                except IndexError:
                    return
                action(item, path)

        threads = [threading.Thread(target=work) for _ in range(options.jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    print(f"hostile test: {len(own)} damaged fixtures, {len(damaged)} damaged and {len(foreign)} foreign files, {run.calls} calls, {time.monotonic() - start:.0f} s")
    print("exit codes: " + ", ".join(f"{name} {count}" for name, count in run.codes.most_common()))
    print(f"most memory {run.worst_peak >> 20} MiB, most CPU {run.worst_cpu[0]:.2f} s ({run.worst_cpu[1]})")
    print("foreign files were refused as:")
    run.refusals.show("    ")
    for line in run.failures[: options.show]:
        print("FAILED", line)
    if len(run.failures) > options.show:
        print(f"... and {len(run.failures) - options.show} more")
    print(f"{run.calls - len(run.failures)} passed, {len(run.failures)} failed")
    return 1 if run.failures else 0


if __name__ == "__main__":
    sys.exit(main())
