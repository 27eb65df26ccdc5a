"""Do maps of virtual datasets lead to the chunks of their sources, and only where that is exact?

Files are made by h5py with fixed seeds. Each case tells whether its map must hold references ("direct") or whether the pieces
cannot be chunks of one array. Whatever the map holds, rutter's values through it and zarr-python's must be h5py's.
"""

import json
import os
import sys
import tempfile
import warnings

import h5py
import numpy as np
import zarr
from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper
from fsspec.implementations.reference import ReferenceFileSystem

import rutter_cli

warnings.simplefilter("ignore")

RANDOM = np.random.default_rng(7)


def numbers(shape, dtype="<i2"):
    return RANDOM.integers(1, 30_000, shape).astype(dtype)


def source(name, data, **how):
    with h5py.File(name, "w") as file:
        file.create_dataset("data", data=data, **how)


def virtual(name, layout, fill=0):
    with h5py.File(name, "w", libver="latest") as file:
        file.create_virtual_dataset("v", layout, fillvalue=fill)


def stack(name, parts, shape, dtype="<i2", fill=0, **how):
    """Parts [(target selection, data or None for a missing file, source selection)]."""
    layout = h5py.VirtualLayout(shape, dtype)
    for n, (where, data, selection) in enumerate(parts):
        part = f"{name}_{n}.h5"
        if data is not None:
            source(part, data, **how)
        extent = data.shape if data is not None else tuple(len(range(*s.indices(e))) if isinstance(s, slice) else 1 for s, e in zip(where, shape))
        layout[where] = h5py.VirtualSource(part, "data", extent)[selection]
    virtual(name + ".h5", layout, fill)


ALL = np.s_[...]
CASES = {}


def case(direct):
    def add(make):
        CASES[make.__name__] = (make, direct)
        return make
    return add


@case(True)
def frames_of_contiguous_files(name):
    stack(name, [(np.s_[n, :, :], numbers((40, 50)), ALL) for n in range(6)], (6, 40, 50))


@case(True)
def blocks_of_gzip_files(name):
    stack(name, [(np.s_[n * 8:n * 8 + 8, :], numbers((8, 70)), ALL) for n in range(5)], (40, 70), chunks=(4, 32), compression="gzip", shuffle=True)


@case(True)
def last_block_is_short(name):
    parts = [(np.s_[n * 8:n * 8 + 8, :], numbers((8, 30)), ALL) for n in range(3)] + [(np.s_[24:29, :], numbers((5, 30)), ALL)]
    stack(name, parts, (29, 30), chunks=(4, 16), compression="gzip")


@case(True)
def long_contiguous_files(name):
    stack(name, [(np.s_[n * 6_000:n * 6_000 + 6_000], numbers((6_000,), ">f4"), ALL) for n in range(4)], (24_000,), ">f4")


@case(True)
def contiguous_files_of_other_lengths(name):
    parts, at = [], 0
    for length in (120, 60, 180):
        parts.append((np.s_[at:at + length, :], numbers((length, 11)), ALL))
        at += length
    stack(name, parts, (at, 11))


@case(True)
def a_file_is_missing(name):
    parts = [(np.s_[n, :], numbers((500,)) if n != 1 else None, ALL) for n in range(3)]
    stack(name, parts, (3, 500), fill=-7)


@case(True)
def interleaved_frames(name):
    stack(name, [(np.s_[n::3, :, :], numbers((5, 12, 14)), ALL) for n in range(3)], (15, 12, 14), chunks=(1, 12, 14), compression="gzip")


@case(True)
def every_other_frame_of_the_source(name):
    stack(name, [(np.s_[n * 4:n * 4 + 4, :], numbers((8, 90)), np.s_[::2, :]) for n in range(3)], (12, 90), chunks=(1, 90))


@case(True)
def tiles(name):
    parts = [(np.s_[r * 16:r * 16 + 16, c * 20:c * 20 + 20], numbers((16, 20)), ALL) for r in range(2) for c in range(3)]
    stack(name, parts, (32, 60), chunks=(8, 10), compression="gzip")


@case(True)
def tiles_of_contiguous_files(name):
    parts = [(np.s_[r * 16:r * 16 + 16, c * 200:c * 200 + 200], numbers((16, 200)), ALL) for r in range(2) for c in range(3)]
    stack(name, parts, (32, 600))


@case(True)
def part_of_the_array_has_no_source(name):
    stack(name, [(np.s_[8:16, :], numbers((8, 64)), ALL)], (40, 64), fill=5, chunks=(8, 64))


@case(True)
def numbered_files(name):
    for n in range(4):
        source(f"{name}_{n}.h5", numbers((1, 300)), chunks=(1, 100), compression="gzip")
    with h5py.File(name + ".h5", "w", libver="latest") as file:
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_layout(h5py.h5d.VIRTUAL)
        target = h5py.h5s.create_simple((4, 300), (h5py.h5s.UNLIMITED, 300))
        target.select_hyperslab((0, 0), (h5py.h5s.UNLIMITED, 1), stride=(1, 1), block=(1, 300))
        part = h5py.h5s.create_simple((1, 300))
        plist.set_virtual(target, os.path.basename(name).encode() + b"_%b.h5", b"data", part)
        h5py.h5d.create(file.id, b"v", h5py.h5t.STD_I16LE, h5py.h5s.create_simple((4, 300), (h5py.h5s.UNLIMITED, 300)), dcpl=plist)


@case(False)
def sources_meet_inside_chunks(name):
    stack(name, [(np.s_[n * 5:n * 5 + 5, :], numbers((5, 30)), ALL) for n in range(3)], (15, 30), chunks=(4, 30), compression="gzip")


@case(False)
def different_codecs(name):
    source(f"{name}_a.h5", numbers((4, 30)), chunks=(4, 30), compression="gzip")
    source(f"{name}_b.h5", numbers((4, 30)), chunks=(4, 30), compression="lzf")
    layout = h5py.VirtualLayout((8, 30), "<i2")
    layout[:4] = h5py.VirtualSource(f"{name}_a.h5", "data", (4, 30))
    layout[4:] = h5py.VirtualSource(f"{name}_b.h5", "data", (4, 30))
    virtual(name + ".h5", layout)


@case(False)
def other_byte_order(name):
    source(f"{name}_a.h5", numbers((4, 30), ">i2"))
    layout = h5py.VirtualLayout((4, 30), "<i2")
    layout[:] = h5py.VirtualSource(f"{name}_a.h5", "data", (4, 30))
    virtual(name + ".h5", layout)


@case(False)
def sources_overlap(name):
    stack(name, [(np.s_[0:8, :], numbers((8, 30)), ALL), (np.s_[4:12, :], numbers((8, 30)), ALL)], (12, 30), chunks=(4, 30))


@case(False)
def another_fill_value(name):
    with h5py.File(f"{name}_a.h5", "w") as file:
        data = file.create_dataset("data", (8, 30), "<i2", chunks=(4, 30), fillvalue=9)
        data[:4] = numbers((4, 30))
    layout = h5py.VirtualLayout((8, 30), "<i2")
    layout[:] = h5py.VirtualSource(f"{name}_a.h5", "data", (8, 30))
    virtual(name + ".h5", layout, fill=1)


@case(False)
def columns_of_a_contiguous_file(name):
    stack(name, [(np.s_[:, 0:3], numbers((50, 9)), np.s_[:, 4:7])], (50, 3))


def problems(name, folder):
    """What is wrong with one case."""
    make, direct = CASES[name]
    base = os.path.join(folder, name)
    os.chdir(folder)
    make(base)
    with h5py.File(base + ".h5") as file:
        expected = file["v"][...]
    rutter_cli.checked(["map", base + ".h5", "-o", base + ".json"])
    rutter_cli.read_npy(base + ".json", "/v", base + ".npy")
    if not np.array_equal(np.load(base + ".npy"), expected):
        yield "rutter's values through the map differ"
    with open(base + ".json", encoding="utf-8") as file:
        refs = json.load(file)["refs"]
    chunks = {key: value for key, value in refs.items() if key.startswith("v/") and not key.rsplit("/", 1)[1].startswith(".z")}
    elsewhere = [value for value in chunks.values() if isinstance(value, list) and value[0] != base + ".h5"]
    if direct and not elsewhere:
        yield "no chunk lies in the sources"
    if not direct and elsewhere:
        yield "its sources' chunks stand for chunks that they are not"
    fs = AsyncFileSystemWrapper(ReferenceFileSystem({"version": 1, "refs": refs}, remote_protocol="file"))
    through = zarr.open_group(zarr.storage.FsspecStore(fs, read_only=True, path=""), mode="r", zarr_format=2)["v"][...]
    if not np.array_equal(through, expected):
        yield "zarr-python's values differ"


def main():
    rutter_cli.require_binary()
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in CASES:
            found = list(problems(name, folder))
            passed, failed = passed + (not found), failed + bool(found)
            for problem in found:
                print(f"{name}: {problem}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
