#!/usr/bin/env python3
"""Maps that lead to many files, as combined ones do, and large pieces of flat files: how many requests, how many at once.

    many_sources_test.py RUTTER

The maps are such as kerchunk writes: they tell neither size nor version of their sources.
"""

import array
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import zlib

sys.dont_write_bytecode = True
from scripted_server import Answer, Gate, Server, right

FILES, VALUES, OFFSET = 300, 1_000, 10_000  # files, values of each, where they begin
LOCAL_FILES, MOST_OPEN = 1_000, 300
ROWS, CHANNELS = 20_000, 384  # of a flat recording
HANG = 900  # seconds; only to notice a command that never ends


class Tester:
    def __init__(self, rutter, folder):
        self.rutter, self.folder, self.passed, self.failed = rutter, pathlib.Path(folder), 0, 0
        self.files, self.gate = {}, None

    def script(self, request, data):
        if data is None:
            return Answer("404 Not Found", ["Content-Length: 0"])
        answer = right(request, data)
        if self.gate and self.gate_takes(request.range(len(data))):
            answer.gate = self.gate
        return answer

    def expect_at_once(self, wanted, gate_takes=lambda asked: True):
        """From here on so many requests must come without waiting for each other's answers; `gate_takes` says which count."""
        self.gate, self.gate_takes = Gate(wanted), gate_takes

    def check_at_once(self, what):
        self.check(f"{what}: at once", self.gate.was_met, f"never {self.gate.wanted} requests at once")
        self.gate = None

    def check(self, name, holds, said=""):
        self.passed += bool(holds)
        self.failed += not holds
        if not holds:
            print(f"FAILED {name}: {said}")

    def read(self, name, document, path, wanted, *options, most_open=None):
        place = self.folder / "map.json"
        place.write_text(json.dumps(document))
        raw = self.folder / "read.raw"
        raw.unlink(missing_ok=True)

        def bound():
            if most_open:
                resource.setrlimit(resource.RLIMIT_NOFILE, (most_open, most_open))

        done = subprocess.run([self.rutter, "read", place, path, "--raw", raw, "--timeout", "600", *options], capture_output=True, timeout=HANG, preexec_fn=bound)
        self.check(name, done.returncode == 0 and raw.read_bytes() == wanted, f"exit code {done.returncode}: {done.stderr.decode()}")


def document(places, shape, chunks, dtype, compressor=None, keys=None):
    zarray = {"zarr_format": 2, "shape": shape, "chunks": chunks, "dtype": dtype, "compressor": compressor, "filters": None, "fill_value": 0, "order": "C"}
    references = {".zgroup": json.dumps({"zarr_format": 2}), "a/.zarray": json.dumps(zarray)}
    for number, place in enumerate(places):
        references[f"a/{keys(number) if keys else number}"] = place
    return {"version": 1, "refs": references}


def numbers(file):
    return array.array("i", [file * VALUES + k for k in range(VALUES)]).tobytes()


def over_a_network(test, server, compressed, in_head):
    """One chunk a file."""
    offset = 16 if in_head else OFFSET
    places = []
    for file in range(FILES):
        stored = zlib.compress(numbers(file)) if compressed else numbers(file)
        name = f"{'z' if compressed else 'r'}{offset}/{file}.bin"
        test.files[name] = bytes(offset) + stored + bytes(5_000)
        places.append([server.url(name), offset, len(stored)])
    wanted = b"".join(map(numbers, range(FILES)))
    before = len(server.requests)
    test.expect_at_once(16)
    what = f"{FILES} {'compressed' if compressed else 'raw'} chunks in as many files{', near their starts' if in_head else ''}"
    test.read(what, document(places, [FILES, VALUES], [1, VALUES], "<i4", {"id": "zlib", "level": 1} if compressed else None, lambda n: f"{n}.0"),
              "a", wanted, "--allow", server.origin() + "/")
    requests = len(server.requests) - before
    # Files of which the first bytes hold the chunk need no second request.
    most = FILES + 1 if in_head and compressed else 2 * FILES + 1
    test.check(f"{what}: requests", requests <= most, f"{requests} requests")
    test.check_at_once(what)


def flat_recording(test, server):
    """A recording as one flat chunk: what is wanted of it comes in several requests at once."""
    row = array.array("h", range(CHANNELS)).tobytes()
    test.files["flat.bin"] = row * ROWS
    flat = document([[server.url("flat.bin"), 0, len(row) * ROWS]], [ROWS, CHANNELS], [ROWS, CHANNELS], "<i2", None, lambda n: "0.0")
    for name, part, wanted in (("all of it", ":,:", row * ROWS), ("two channels", ":,3:5", array.array("h", [3, 4]).tobytes() * ROWS)):
        before = len(server.requests)
        test.expect_at_once(4, lambda asked: asked[0] > 0)  # the first one opens the file
        test.read(f"a flat recording, {name}", flat, "a", wanted, "-s", part, "--allow", server.origin() + "/")
        test.check_at_once(f"a flat recording, {name}")
        test.check(f"a flat recording, {name}: requests", len(server.requests) - before <= 40, f"{len(server.requests) - before} requests")


def missing_file(test, server):
    """The failure of one of many is told, with its name."""
    places = [[server.url(f"r{OFFSET}/{file}.bin"), OFFSET, 4 * VALUES] for file in range(40)]
    places[17][0] = server.url("gone.bin")
    place = test.folder / "map.json"
    place.write_text(json.dumps(document(places, [40, VALUES], [1, VALUES], "<i4", None, lambda n: f"{n}.0")))
    before = len(server.requests)
    done = subprocess.run([test.rutter, "read", place, "a", "--raw", test.folder / "read.raw", "--allow", server.origin() + "/"], capture_output=True, timeout=HANG)
    test.check("a file that is gone", done.returncode == 3 and b"gone.bin" in done.stderr, f"exit code {done.returncode}: {done.stderr.decode()}")
    gone = [request for request in server.requests[before:] if "gone.bin" in request.path]
    test.check("it is asked for once", len(gone) == 1, f"{len(gone)} requests")


def on_a_disk(test):
    """More files than a process may have open."""
    places = []
    for file in range(LOCAL_FILES):
        (test.folder / f"{file}.bin").write_bytes(numbers(file))
        places.append([f"{file}.bin", 0, 4 * VALUES])
    wanted = b"".join(map(numbers, range(LOCAL_FILES)))
    for name, compressor in (("raw", None), ("compressed", {"id": "zlib", "level": 1})):
        if compressor:
            for file, place in enumerate(places):
                stored = zlib.compress(numbers(file))
                (test.folder / place[0]).write_bytes(stored)
                place[2] = len(stored)
        test.read(f"{LOCAL_FILES} local files, {MOST_OPEN} open at most, {name}",
                  document(places, [LOCAL_FILES, VALUES], [1, VALUES], "<i4", compressor, lambda n: f"{n}.0"), "a", wanted, most_open=MOST_OPEN)


def main():
    with tempfile.TemporaryDirectory() as folder:
        test = Tester(os.path.abspath(sys.argv[1]), folder)
        with Server(test.script, test.files.get) as server:
            for compressed in (True, False):
                for in_head in (True, False):
                    over_a_network(test, server, compressed, in_head)
            flat_recording(test, server)
            missing_file(test, server)
        on_a_disk(test)
    print(f"{test.passed} passed, {test.failed} failed")
    return 1 if test.failed else 0


if __name__ == "__main__":
    sys.exit(main())
