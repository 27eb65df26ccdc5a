#!/usr/bin/env python3
"""A file on a web server gives the map that it gives locally (the URL aside), and the same bytes through that map.

    same_as_local_test.py RUTTER [--all] [FOLDER]    files of FOLDER (the corpus, or else fixtures/): a sample, or all
"""

import argparse
import concurrent.futures
import functools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.parse

sys.dont_write_bytecode = True
from scripted_server import Answer, Server, right

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
SAMPLE = 60
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


def run(*arguments):
    return subprocess.run(arguments, capture_output=True, timeout=120)


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


def read(rutter, place, array, folder):
    """(exit code, the bytes, what was said)."""
    raw = pathlib.Path(folder, "raw")
    raw.unlink(missing_ok=True)
    done = run(rutter, "read", place, array["path"], "-s", slice_of(array), "--raw", raw)
    return done.returncode, raw.read_bytes() if done.returncode == 0 else b"", done.stderr.decode()


def compare(rutter, server, root, path, folder):
    """(what was wrong or "", whether the file maps, reads compared)."""
    relative = str(path.relative_to(root))
    local_map, remote_map = os.path.join(folder, "local.json"), os.path.join(folder, "remote.json")
    url = server.url(relative)
    local, remote = run(rutter, "map", path, "-o", local_map), run(rutter, "map", url, "-o", remote_map)
    if local.returncode != remote.returncode:
        return f"map: exit code {local.returncode} locally, {remote.returncode} remotely: {remote.stderr.decode()}", False, 0
    if local.returncode != 0:
        return "", False, 0
    here = document(local_map, lambda place: server.url(os.path.relpath(place, root)))
    there = document(remote_map, lambda place: place)
    if here[0]["refs"] != there[0]["refs"] or here[1] != there[1]:
        keys = [k for k in here[0]["refs"] if here[0]["refs"][k] != there[0]["refs"].get(k)]
        return f"the maps differ: {keys[:5]} {here[1]} {there[1]}", True, 0
    if any("etag" not in source for source in json.loads(pathlib.Path(remote_map).read_bytes())["rutter"]["sources"]):
        return "a source without its ETag", True, 0
    listing = json.loads(run(rutter, "ls", remote_map, "--json").stdout)
    reads = 0
    for array in arrays_of(listing)[:ARRAYS]:
        for here, there in ((path, url), (local_map, remote_map)):
            results = [read(rutter, place, array, folder) for place in (here, there)]
            if results[0][:2] != results[1][:2]:
                return f"{array['path']}[{slice_of(array)}] of {there}: exit codes {results[0][0]} and {results[1][0]}: {results[1][2]}", True, reads
            reads += results[0][0] == 0
    return "", True, reads


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rutter")
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--all", action="store_true")
    arguments = parser.parse_args()
    root = folder_or_default(arguments.folder)
    files = sorted(path for path in root.rglob("*") if path.is_file() and 0 < path.stat().st_size < 200 << 20)
    if not arguments.all:
        files = files[:: max(1, len(files) // SAMPLE)]
    failed = mapped = reads = 0
    with Server(serve, lambda path: content(root / path)) as server, tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(2) as pool:

        def one(numbered):
            own = os.path.join(folder, str(numbered[0]))
            os.mkdir(own)
            return compare(arguments.rutter, server, root, numbered[1], own)

        for path, (problem, maps, compared) in zip(files, pool.map(one, enumerate(files))):
            mapped, reads = mapped + maps, reads + compared
            if problem:
                failed += 1
                print(f"FAILED {path.relative_to(root)}: {problem}")
        print(f"{len(files)} files, {mapped} map, {reads} slices are the same, {len(server.requests)} requests")
    print(f"{len(files) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
