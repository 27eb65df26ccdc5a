#!/usr/bin/env python3
"""The cache on disk: what is kept is used again, and never for another version, whatever happens to it.

    cache_test.py RUTTER [--kills N]     how often a command is killed while it fills the cache (default 12)
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from scripted_server import Answer, Server, right

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
FILE = PROJECT / "examples/recording.nwb"


def npy_file(seed, elements=400_000):
    import struct

    head = b"{'descr': '<i4', 'fortran_order': False, 'shape': (%d,), }" % elements
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + random.Random(seed).randbytes(4 * elements)


DATA, OTHER = npy_file(1), npy_file(2)
HEAD = len(DATA) - 1_600_000
SLICES = [(60_000, 61_000), (100_000, 180_000), (250_000, 250_001), (399_000, 400_000)]
HANG = 900  # seconds; only to notice a command that never ends


class Tester:
    def __init__(self, rutter):
        self.rutter, self.passed, self.failed = rutter, 0, 0

    def check(self, holds, what):
        self.passed += bool(holds)
        self.failed += not holds
        if not holds:
            print(f"FAILED {what}")

    def read(self, place, cache, part, *options, data=DATA, out=None):
        """(exit code, whether the bytes are right)."""
        first, last = part
        with tempfile.TemporaryDirectory() as folder:
            raw = os.path.join(folder, "raw")
            done = subprocess.run([self.rutter, "read", place, "/data", "-s", f"{first}:{last}", "--raw", raw, "--cache-dir", cache, *options],
                                  capture_output=True, timeout=HANG)
            return done.returncode, done.returncode == 0 and pathlib.Path(raw).read_bytes() == data[HEAD + 4 * first : HEAD + 4 * last]

    def map(self, url, folder, *options):
        out = os.path.join(folder, f"map{time.monotonic_ns()}.json")
        done = subprocess.run([self.rutter, "map", url, "-o", out, *options], capture_output=True, timeout=HANG)
        return out if done.returncode == 0 else None


def segments(cache):
    return [path for path in pathlib.Path(cache).rglob("*.seg")]


def used_again(tester, folder):
    cache = os.path.join(folder, "again")
    with Server(right, lambda path: DATA) as server:
        url = server.url("a.npy")
        made = tester.map(url, folder)
        for place in (url, made):
            for part in SLICES:
                tester.check(tester.read(place, cache, part) == (0, True), f"first read of {part}")
            before = len(server.requests)
            for part in SLICES:
                tester.check(tester.read(place, cache, part) == (0, True), f"second read of {part}")
            tester.check(len(server.requests) == before, "a second process reads with 0 requests")
        before = len(server.requests)
        tester.check(tester.read(made, cache, SLICES[0], "--cache-fresh", "0") == (0, True), "a read that asks whether the version is current")
        time.sleep(1.1)
        tester.check(tester.read(made, cache, SLICES[0], "--cache-fresh", "0") == (0, True), "the same again")
        tester.check(1 <= len(server.requests) - before <= 2, "one request confirms the version")
        mode = os.stat(os.path.join(cache, "rutter-1")).st_mode & 0o777
        tester.check(mode == 0o700, f"the folder is its owner's alone: {mode:o}")


def mapping_again(tester, folder):
    cache, data = os.path.join(folder, "map"), FILE.read_bytes()
    with Server(right, lambda path: data) as server:
        first = tester.map(server.url("a.nwb"), folder, "--cache-dir", cache)
        before = len(server.requests)
        second = tester.map(server.url("a.nwb"), folder, "--cache-dir", cache)
        tester.check(first and second and json.load(open(first)) == json.load(open(second)), "the same map from the cache")
        tester.check(len(server.requests) == before, f"a map from the cache takes no requests, not {len(server.requests) - before}")


def versions(tester, folder):
    cache = os.path.join(folder, "versions")
    now = {"data": DATA, "etag": '"v1"'}
    with Server(lambda request, data: right(request, now["data"], etag=now["etag"]), lambda path: b"") as server:
        url = server.url("a.npy")
        made = tester.map(url, folder)
        tester.read(made, cache, SLICES[1])
        now.update(data=OTHER, etag='"v2"')
        before = len(server.requests)
        tester.check(tester.read(made, cache, SLICES[1]) == (0, True) and len(server.requests) == before, "within its time the mapped version is read from the cache")
        time.sleep(1.1)
        code, _ = tester.read(made, cache, SLICES[1], "--cache-fresh", "0")
        tester.check(code == 8, f"then the change is told: exit code {code}")
        tester.check(tester.read(url, cache, SLICES[1], "--cache-fresh", "0", data=OTHER) == (0, True), "the new version by its URL")
        tester.check(tester.read(url, cache, SLICES[1], data=OTHER) == (0, True), "the new version from the cache")
        code, _ = tester.read(made, cache, SLICES[2])
        tester.check(code == 8, f"what the cache does not have is fetched of the mapped version only: exit code {code}")


def no_validator(tester, folder):
    cache = os.path.join(folder, "none")
    recent = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
    for etag, modified in ((None, None), ('W/"v1"', None), (None, recent)):
        with Server(lambda request, data: right(request, data, etag=etag, modified=modified), lambda path: DATA) as server:
            for _ in range(2):
                tester.check(tester.read(server.url("a.npy"), cache, SLICES[1]) == (0, True), f"a read without a validator: {etag} {modified}")
    tester.check(not segments(cache), "nothing is kept that no validator proves")
    with Server(lambda request, data: right(request, data, etag=None), lambda path: DATA) as server:
        for _ in range(2):
            tester.check(tester.read(server.url("a.npy"), cache, SLICES[1]) == (0, True), "a read with an old Last-Modified")
    tester.check(segments(cache), "what has an old Last-Modified is kept")


def damage(tester, folder):
    cache, chance = os.path.join(folder, "damage"), random.Random(3)
    with Server(right, lambda path: DATA) as server:
        url = server.url("a.npy")
        for part in SLICES:
            tester.read(url, cache, part)
        for attempt in range(12):
            for path in segments(cache):
                content = bytearray(path.read_bytes())
                if not content:
                    continue
                if attempt % 3 == 0:
                    content = content[: chance.randrange(len(content))]
                else:
                    for _ in range(1 + attempt):
                        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
                path.write_bytes(content)
            for path in pathlib.Path(cache).rglob("latest/*"):
                if attempt % 2:
                    content = bytearray(path.read_bytes())
                    content[chance.randrange(len(content))] ^= 4
                    path.write_bytes(content)
            for part in SLICES:
                tester.check(tester.read(url, cache, part) == (0, True), f"damaged segments, attempt {attempt}, {part}")


def bounded(tester, folder):
    cache = os.path.join(folder, "bounded")
    with Server(right, lambda path: DATA) as server:
        for k in range(12):
            tester.check(tester.read(server.url(f"{k}.npy"), cache, SLICES[1], "--cache-size", "1MB") == (0, True), "a read through a small cache")
    kept = sum(path.stat().st_size for path in segments(cache))
    tester.check(0 < kept <= 1_000_000, f"{kept} bytes are kept of at most 1,000,000")
    sealed = os.path.join(folder, "sealed")
    pathlib.Path(sealed).write_text("a file, no folder")
    with Server(right, lambda path: DATA) as server:
        tester.check(tester.read(server.url("a.npy"), sealed, SLICES[1]) == (0, True), "a folder that cannot be written is no error")


def together(tester, folder):
    cache = os.path.join(folder, "together")
    with Server(right, lambda path: DATA) as server, concurrent.futures.ThreadPoolExecutor(4) as pool:
        chance = random.Random(4)
        parts = [(lambda first: (first, first + chance.randrange(1, 40_000)))(chance.randrange(16_000, 350_000)) for _ in range(24)]
        for part, result in zip(parts, pool.map(lambda part: tester.read(server.url("a.npy"), cache, part, "--cache-size", "2MB"), parts)):
            tester.check(result == (0, True), f"processes at the same time, {part}")


def kills(tester, folder, count):
    cache, chance = os.path.join(folder, "kills"), random.Random(5)

    def slow(request, data):
        answer = right(request, data)
        answer.delay = 0.002
        return answer

    with Server(slow, lambda path: DATA) as server:
        url = server.url("a.npy")
        for kill in range(count):
            # Each process fetches in several requests, and is killed somewhere on its way.
            first = chance.randrange(16_000, 300_000)
            part = (first, first + 90_000)
            process = subprocess.Popen([tester.rutter, "read", url, "/data", "-s", f"{part[0]}:{part[1]}:3", "--raw", os.path.join(folder, "killed"), "--cache-dir", cache,
                                        "--cache-size", "3MB"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(chance.random() * 0.06)
            process.kill()
            process.wait()
            tester.check(tester.read(url, cache, part, "--cache-size", "3MB") == (0, True), f"after kill {kill}, {part}")
    print(f"{count} processes were killed while they filled the cache")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rutter")
    parser.add_argument("--kills", type=int, default=12)
    arguments = parser.parse_args()
    tester = Tester(arguments.rutter)
    with tempfile.TemporaryDirectory() as folder:
        for test in (used_again, mapping_again, versions, no_validator, damage, bounded, together):
            test(tester, folder)
        kills(tester, folder, arguments.kills)
    print(f"{tester.passed} passed, {tester.failed} failed")
    return 1 if tester.failed else 0


if __name__ == "__main__":
    sys.exit(main())
