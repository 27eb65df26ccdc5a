#!/usr/bin/env python3
"""What `cmake --install` gives: the program, the library, headers that stand alone, and a package that another project finds.

    installed_test.py BUILD-FOLDER CXX
"""
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def run(*arguments, **options):
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, timeout=1800, **options)
    if done.returncode != 0:
        print(done.stdout[-3000:], done.stderr[-3000:])
        raise SystemExit(f"{arguments[0]} ended with {done.returncode}")
    return done.stdout


def check_headers(prefix, compiler):
    """Each header compiles alone, and names no header but its own kind and the standard library's."""
    for header in sorted((prefix / "include/rutter").glob("*.h")):
        for name in re.findall(r'#include\s+[<"]([^">]+)[">]', header.read_text()):
            assert name.startswith("rutter/") or "." not in name, f"{header.name} includes {name}"
        run(compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c++", "-I", prefix / "include", "-",
            input=f"#include <rutter/{header.name}>\n")


def check_symbols(library):
    """The library shows rutter::v1 and nothing else of rutter's."""
    names = run("nm", "-DC", "--defined-only", library)
    shown = {line.split(" ", 2)[2] for line in names.splitlines() if "rutter" in line}
    assert any("rutter::v1::File::Open" in name for name in shown), "File::Open is not exported"
    leaked = [name for name in shown if re.search(r"\brutter::(?!v1\b)", name)]
    assert not leaked, f"internals are exported: {sorted(leaked)[:5]}"


def main():
    build, compiler = pathlib.Path(sys.argv[1]), sys.argv[2]
    cache = (build / "CMakeCache.txt").read_text()
    flags = re.search(r"CMAKE_CXX_FLAGS_DEBUG:STRING=(.*)", cache).group(1)
    flags = " ".join(f for f in flags.split() if f.startswith("-fsanitize")) if "CMAKE_BUILD_TYPE:STRING=Debug" in cache else ""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        prefix = folder / "prefix"
        run("cmake", "--install", build, "--prefix", prefix)
        run(prefix / "bin/rutter", "--version")
        check_headers(prefix, compiler)
        check_symbols(next(prefix.glob("lib*/**/librutter.so")))
        run("cmake", "-S", ROOT / "examples/cpp", "-B", folder / "consumer", f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_CXX_COMPILER={compiler}",
            f"-DCMAKE_CXX_FLAGS={flags}")
        run("cmake", "--build", folder / "consumer")
        out = folder / "out"
        out.mkdir()
        recording = ROOT / "fixtures/npy/c_order.npy"
        told = run(prefix / "bin/rutter", "ls", recording, "--json")
        array = re.search(r'"path":"([^"]+)","kind":"array"', told).group(1)
        told = run(folder / "consumer/read_slice", recording, array, "", out)
        assert "array " + array in told and "a map of 1 arrays" in told, told
        assert (out / "slice.npy").read_bytes()[:6] == b"\x93NUMPY"
        run(prefix / "bin/rutter", "check", out / "map.json", "--allow", recording.parent)
    print("1 passed, 0 failed")


if __name__ == "__main__":
    main()
