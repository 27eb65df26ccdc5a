#!/usr/bin/env python3
"""Ctrl-C: a command ends with exit code 130 and the word `cancelled`, whatever it waits for, and leaves no file behind.

    stopped_test.py RUTTER
"""
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "remote"))
import scripted_server  # noqa: E402

HANG = 900  # seconds; only to notice a command that never ends


def npy(rows, columns):
    head = ("{'descr': '<i4', 'fortran_order': False, 'shape': (%d, %d), }" % (rows, columns)).ljust(117) + "\n"
    return b"\x93NUMPY\1\0\x76\0" + head.encode()


def wait_for(what):
    end = time.monotonic() + HANG
    while not what():
        assert time.monotonic() < end, "it never began"
        time.sleep(0.01)


def stop(command, begun, number=signal.SIGINT):
    """Runs a command, stops it once it has begun; its error."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: begun() or process.poll() is not None)
        process.send_signal(number)
        _, told = process.communicate(timeout=HANG)
    finally:
        process.kill()
    assert process.returncode == 130, f"exit code {process.returncode}: {told}"
    error = json.loads(told)
    assert error["code"] == "cancelled", told
    return error


def array_of(rutter, path):
    told = json.loads(subprocess.run([rutter, "ls", str(path), "--json"], capture_output=True, text=True, check=True).stdout)
    return next(node["path"] for node in told["nodes"] if node["kind"] == "array")


def large_local_read(rutter, folder):
    """4 GiB of a file with holes."""
    head = npy(1 << 20, 1 << 10)
    (folder / "big.npy").write_bytes(head)
    with open(folder / "big.npy", "r+b") as file:
        file.truncate(len(head) + (4 << 30))
    array = array_of(rutter, folder / "big.npy")
    out = folder / "out"
    out.mkdir()
    for number in (signal.SIGINT, signal.SIGTERM):
        stop([rutter, "read", folder / "big.npy", array, "--raw", out / "part", "--json"],
             lambda: any(p.stat().st_size > 0 for p in out.glob("part*")), number)
        assert list(out.iterdir()) == [], list(out.iterdir())


def remote(rutter, folder, command, answer):
    """A command on a file whose server answers the head well, and then as `answer` does."""
    data = npy(1 << 10, 1 << 10) + bytes(4 << 20)

    def script(request, content):
        good = scripted_server.right(request, content)
        return good if request.range(len(content))[0] == 0 else answer(good)

    with scripted_server.Server(script, lambda _: data) as server:
        url = server.url("a.npy")
        (folder / "a.npy").write_bytes(data)
        array = array_of(rutter, folder / "a.npy")
        stop([rutter, *(part.format(url=url, array=array, out=folder / "out.x") for part in command), "--json"], lambda: len(server.requests) >= 2)
    assert not list(folder.glob("out*")), list(folder.iterdir())


READ = ["read", "{url}", "{array}", "--raw", "{out}"]


def drip(good):
    good.bytes_per_second = 50
    return good


def stall(good):
    good.cut, good.stall = 100, True
    return good


def busy(_):
    return scripted_server.Answer("503 Service Unavailable", ["Retry-After: 60", "Content-Length: 0"])


def dripping_server(rutter, folder):
    """A body that comes byte by byte."""
    remote(rutter, folder, READ, drip)


def silent_server(rutter, folder):
    """A body that never ends."""
    remote(rutter, folder, READ, stall)


def pause_before_another_try(rutter, folder):
    """A server that asks for a minute's patience."""
    remote(rutter, folder, READ, busy)


def mapping(rutter, folder):
    """The metadata of an HDF5 file that never come."""
    data = (ROOT.parent / "examples/recording.nwb").read_bytes()

    def script(request, content):
        good = scripted_server.right(request, content)
        if request.number > 0:
            good.cut, good.stall = 10, True
        return good

    with scripted_server.Server(script, lambda _: data) as server:
        stop([rutter, "map", server.url("a.nwb"), "-o", folder / "out.json", "--json"], lambda: len(server.requests) >= 2)
    assert not list(folder.glob("out*"))


def main():
    passed = failed = 0
    for test in (large_local_read, dripping_server, silent_server, pause_before_another_try, mapping):
        with tempfile.TemporaryDirectory() as name:
            try:
                test(sys.argv[1], pathlib.Path(name))
                passed += 1
            except AssertionError as problem:
                print(f"FAILED {test.__name__}: {problem}")
                failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
