#!/usr/bin/env python3
"""A file on a web server gives the map that it gives locally (the URL aside), and the same bytes through that map.

    same_as_local_test.py RUTTER [--all] [--through nginx,h2,s3] [FOLDER]

Files of FOLDER (the corpus, or else fixtures/): a sample, or all. Through a server of this folder's own, which needs nothing;
or through nginx, nginx with HTTP/2 and a real S3 store, where they are installed.
"""

import argparse
import concurrent.futures
import contextlib
import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from real_servers import Missing, Nginx, NginxHttp2, ObjectStore
from scripted_server import Answer, Server, right

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
SAMPLE = 60
HANG = 900  # seconds; only to notice a command that never ends
ARRAYS = 3  # of each file
MOST_BYTES = 1 << 20  # of one array's slice


def folder_or_default(given):
    corpus = pathlib.Path(os.environ.get("RUTTER_CORPUS", PROJECT / "../shared/corpus"))
    return pathlib.Path(given).resolve() if given else corpus.resolve() if corpus.is_dir() else PROJECT / "fixtures"


@functools.lru_cache(16)
def content(path):
    return path.read_bytes() if path.is_file() else None


def serve(request, data):
    return Answer("404 Not Found", ["Content-Length: 0"]) if data is None else right(request, data)


class ScriptedServer(Server):
    name, environment = "a server of our own", {}

    def __init__(self, root):
        super().__init__(serve, lambda path: content(root / path))

    def counted(self):
        return len(self.requests), self.bytes_sent


def start(name, root, files):
    """A server of that name; Missing where this machine has none."""
    if name == "nginx":
        return Nginx(root)
    if name == "h2":
        return NginxHttp2(root)
    return ObjectStore(root, files) if name == "s3" else ScriptedServer(root)


def run(*arguments, server=None):
    keyless = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(arguments, capture_output=True, timeout=HANG, env={**keyless, **(server.environment if server else {})})


def document(path, rename):
    """The map without what may differ; `rename` gives each source its name."""
    text = json.loads(pathlib.Path(path).read_bytes())
    names = {source["url"]: rename(source["url"]) for source in text["rutter"]["sources"]}
    sizes = {rename(source["url"]): source["size"] for source in text["rutter"]["sources"]}
    for reference in text["refs"].values():
        if isinstance(reference, list):
            reference[0] = names[reference[0]]
    del text["rutter"]["sources"]
    text["rutter"].pop("seal", None)
    return text, sizes


def slice_of(array):
    """A slice from the middle of an array, of a moderate size."""
    parts, left = [], MOST_BYTES // 8
    for extent in reversed(array["shape"]):
        count = max(1, min(extent, left))
        parts.append(f"{(extent - count) // 2}:{(extent - count) // 2 + count}")
        left //= count
    return ",".join(reversed(parts))


def arrays_of(listing):
    """Arrays with elements whose paths can stand on a command line (JSON gives others as bytes)."""
    return [node for node in listing["nodes"] if node.get("kind") == "array" and isinstance(node["path"], str) and node.get("shape") is not None and 0 not in node["shape"]]


def read(rutter, place, array, folder, server=None):
    """(exit code, the bytes, what was said)."""
    raw = pathlib.Path(folder, "raw")
    raw.unlink(missing_ok=True)
    done = run(rutter, "read", place, array["path"], "-s", slice_of(array), "--raw", raw, server=server)
    return done.returncode, raw.read_bytes() if done.returncode == 0 else b"", done.stderr.decode()


class Local:
    """What one file gives locally."""

    def __init__(self, rutter, path, folder):
        self.rutter, self.path, self.folder = rutter, path, folder
        self.map = os.path.join(folder, "local.json")
        self.exit_code = run(rutter, "map", path, "-o", self.map).returncode
        self.arrays = arrays_of(json.loads(run(rutter, "ls", self.map, "--json").stdout))[:ARRAYS] if self.exit_code == 0 else []
        self.reads = [[read(rutter, place, array, folder) for place in (path, self.map)] for array in self.arrays]

    def compare(self, server, root):
        """(what was wrong or "", reads that are the same) through `server`."""
        url = server.url(str(self.path.relative_to(root)))
        remote_map = os.path.join(self.folder, "remote.json")
        remote = run(self.rutter, "map", url, "-o", remote_map, server=server)
        if self.exit_code != remote.returncode:
            return f"map: exit code {self.exit_code} locally, {remote.returncode} remotely: {remote.stderr.decode()}", 0
        if self.exit_code != 0:
            return "", 0
        here = document(self.map, lambda place: server.url(os.path.relpath(place, root)) if os.path.isabs(place) else place)
        there = document(remote_map, lambda place: place)
        if here[0]["refs"] != there[0]["refs"] or here[1] != there[1]:
            keys = [k for k in here[0]["refs"] if here[0]["refs"][k] != there[0]["refs"].get(k)]
            return f"the maps differ: {keys[:5]} {here[1]} {there[1]}", 0
        text = pathlib.Path(remote_map).read_text()
        if any("etag" not in source for source in json.loads(text)["rutter"]["sources"]):
            return "a source without its ETag", 0
        if any(secret in text for secret in (server.environment.get("AWS_SECRET_ACCESS_KEY", "\0"), "Signature", "AKID")):
            return "the map gives keys away", 0
        same = 0
        for array, locals_ in zip(self.arrays, self.reads):
            for place, (code, values, _) in zip((url, remote_map), locals_):
                remote_code, remote_values, said = read(self.rutter, place, array, self.folder, server)
                if (code, values) != (remote_code, remote_values):
                    return f"{array['path']}[{slice_of(array)}] of {place}: exit codes {code} and {remote_code}: {said}", same
                same += code == 0
        return "", same


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rutter")
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--through", default="own", help="own, nginx, h2, s3; with commas between")
    arguments = parser.parse_args()
    root = folder_or_default(arguments.folder)
    every = sorted(path for path in root.rglob("*") if path.is_file() and 0 < path.stat().st_size < 200 << 20)
    files = every if arguments.all else every[:: max(1, len(every) // SAMPLE)]
    failed = mapped = 0
    with contextlib.ExitStack() as stack:
        folder, pool, servers = stack.enter_context(tempfile.TemporaryDirectory()), stack.enter_context(concurrent.futures.ThreadPoolExecutor(2)), []
        for name in arguments.through.split(","):
            try:
                servers.append(stack.enter_context(start(name, root, every)))
            except Missing as why:
                print(f"skipped: {why}")
        reads = [0] * len(servers)

        def one(numbered):
            own = os.path.join(folder, str(numbered[0]))
            os.mkdir(own)
            local = Local(arguments.rutter, numbered[1], own)
            results = [local.compare(server, root) for server in servers]
            shutil.rmtree(own)
            return local.exit_code == 0, results

        for path, (maps, results) in zip(files, pool.map(one, enumerate(files)) if servers else ()):
            mapped += maps
            for k, (problem, same) in enumerate(results):
                reads[k] += same
                if problem:
                    failed += 1
                    print(f"FAILED {path.relative_to(root)} through {servers[k].name}: {problem}")
        for server, same in zip(servers, reads):
            requests, sent = server.counted()
            print(f"{server.name}: {len(files)} files, {mapped} map, {same} slices are the same, {requests} requests, {sent} bytes")
    print(f"{len(files) * len(servers) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
