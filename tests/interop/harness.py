"""What the interop suites share: the corpus, one forked job per file with a time-out, tallies.

Each job runs in a process of its own, forked from a parent that has done the slow imports: a reference library that
crashes or hangs on a file costs that file alone. A job reports by yielding small dicts; what it yielded before it died
is kept, and the job starts again without the object that killed it.
"""

import collections
import json
import os
import select
import signal
import sys
import tempfile
import time

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def corpus_root():
    """The corpus folder, or None where there is none."""
    root = os.environ.get("RUTTER_CORPUS", os.path.join(PROJECT, "..", "shared", "corpus"))
    return os.path.realpath(root) if os.path.isdir(root) else None


def corpus_or_skip():
    """The corpus folder; ends the program (successfully) where there is none."""
    root = corpus_root()
    if root is None:
        print("skipped: no corpus")
        sys.exit(0)
    return root


def own_files():
    """The project's own HDF5 files, relative to PROJECT: what there is without a corpus."""
    paths = [os.path.join(folder, p) for folder in ("fixtures", "examples") for p in walk_files(os.path.join(PROJECT, folder))]
    return [p for p in paths if is_hdf5(os.path.join(PROJECT, p))]


def is_hdf5(path):
    """True where the HDF5 signature stands at byte 0, 512, 1024, 2048, ... (HDF5 4.0, II.A)."""
    try:
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            offset = 0
            while offset + 8 <= size:
                file.seek(offset)
                if file.read(8) == HDF5_SIGNATURE:
                    return True
                offset = 512 if offset == 0 else offset * 2
    except OSError:
        pass
    return False


def walk_files(root):
    """Every regular file under `root`, sorted, relative to it."""
    found = []
    for folder, subfolders, names in os.walk(root):
        subfolders.sort()
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and os.path.getsize(path):
                found.append(os.path.relpath(path, root))
    return sorted(found)


def hdf5_files(root, without=("corrupt", "negative")):
    """Corpus files that are HDF5 by signature, in every folder but `without`."""
    return [p for p in walk_files(root) if p.split(os.sep)[0] not in without and is_hdf5(os.path.join(root, p))]


def chosen(paths, patterns):
    """Those of `paths` that hold one of `patterns`; all where there is no pattern."""
    return [p for p in paths if not patterns or any(q in p for q in patterns)]


class Job:
    """One forked run over one file."""

    def __init__(self, item, function, skip):
        self.item, self.buffer, self.records = item, b"", []
        self.began = None
        reader, writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            code = 1
            try:
                os.close(reader)
                os.setpgid(0, 0)
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                with os.fdopen(writer, "wb", buffering=0) as out:
                    for record in function(item, skip):
                        out.write(json.dumps(record).encode() + b"\n")
                    out.write(b'{"end": true}\n')
                code = 0
            except BaseException as error:  # the child must never run the parent's code
                import traceback

                sys.stderr.write(f"suite fault in {item}: {error!r}\n")
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                os._exit(code)
        os.close(writer)
        self.reader, self.start = reader, time.monotonic()

    def pump(self):
        """Takes in what the job wrote; True at its end."""
        data = os.read(self.reader, 1 << 16)
        if not data:
            return True
        self.buffer += data
        *lines, self.buffer = self.buffer.split(b"\n")
        for line in lines:
            record = json.loads(line)
            if "begin" in record:
                self.began = record["begin"]
            else:
                self.records.append(record)
        return False

    def finish(self, killed):
        os.close(self.reader)
        _, status = os.waitpid(self.pid, 0)
        ended = bool(self.records) and self.records[-1] == {"end": True}
        if ended:
            self.records.pop()
        if ended and not killed:
            return None
        if killed:
            return "time-out"
        return signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else "suite fault"


def run_jobs(items, function, jobs=None, seconds=900, retries=12):
    """Runs `function(item, skip)`, a generator of dicts, in a forked process per item; yields (item, records, faults).

    A record {"begin": name} says what is being done; where the process dies, `name` is added to `skip`, a fault
    {"object", "cause"} is noted, and the item runs again. Results come in the order of `items`.
    """
    jobs = jobs or max(1, os.cpu_count() or 1)
    waiting = collections.deque((i, item, frozenset(), [], 0) for i, item in enumerate(items))
    running, done, next_out = {}, {}, 0
    while waiting or running or next_out in done:
        while next_out in done:
            yield done.pop(next_out)
            next_out += 1
        while waiting and len(running) < jobs:
            place, item, skip, faults, tries = waiting.popleft()
            job = Job(item, function, skip)
            running[job.reader] = (job, place, skip, faults, tries)
        if not running:
            continue
        ready, _, _ = select.select(list(running), [], [], 0.2)
        now = time.monotonic()
        for reader in list(running):
            job, place, skip, faults, tries = running[reader]
            killed = now - job.start > seconds
            if killed:
                try:
                    os.killpg(job.pid, signal.SIGKILL)
                except ProcessLookupError:
                    os.kill(job.pid, signal.SIGKILL)
            if not killed and not (reader in ready and job.pump()):
                continue
            del running[reader]
            cause = job.finish(killed)
            if cause and cause != "suite fault" and job.began is not None and job.began not in skip and tries < retries:
                faults = faults + [{"object": job.began, "cause": cause}]
                waiting.appendleft((place, job.item, skip | {job.began}, faults, tries + 1))
                continue
            if cause:
                faults = faults + [{"object": job.began, "cause": cause}]
            done[place] = (job.item, job.records, faults)


class Tally:
    """Counts by name, with a few examples of each."""

    def __init__(self, examples=3):
        self.counts, self.examples, self.kept = collections.Counter(), collections.defaultdict(list), examples

    def add(self, name, example=None):
        self.counts[name] += 1
        if example is not None and len(self.examples[name]) < self.kept:
            self.examples[name].append(example)

    def total(self):
        return sum(self.counts.values())

    def show(self, indent="  ", with_examples=True):
        for name, count in self.counts.most_common():
            print(f"{indent}{count:6d}  {name}")
            if with_examples:
                for example in self.examples[name]:
                    print(f"{indent}        e.g. {example}")


def scratch_folder():
    """A temporary folder on the same disk as the build."""
    base = os.path.join(PROJECT, "build")
    os.makedirs(base, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="interop-", dir=base)
