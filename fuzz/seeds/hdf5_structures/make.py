#!/usr/bin/env python3
"""Writes the seeds of hdf5_structures_fuzz: tiny HDF5 files and single messages behind 16 bytes that say what they are.

Needs h5py with HDF5 2.0 or later. Run it in this folder: python3 make.py
"""
import os
import struct
import tempfile

import h5py
import numpy as np


def control(structure, rank=1, chunk=4, flags=0, address=0):
    return struct.pack("<BBBBBxxxQ", structure, 0, rank - 1, chunk - 1, flags, address)


def write(name, data):
    with open(name + ".bin", "wb") as f:
        f.write(data)


def made(libver, fill):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.h5")
        with h5py.File(path, "w", libver=libver) as f:
            fill(f)
        with open(path, "rb") as f:
            return f.read()


def find(data, signature, nth=0):
    at = -1
    for _ in range(nth + 1):
        at = data.index(signature, at + 1)
    return at


def chunked(structure, name, libver, shape, chunk, maxshape, signature, filtered, nth=0):
    def fill(f):
        kwargs = {"compression": "gzip", "shuffle": True} if filtered else {}
        f.create_dataset("d", data=np.arange(np.prod(shape), dtype="u1").reshape(shape), chunks=chunk, maxshape=maxshape, **kwargs)

    data = made(libver, fill)
    flags = sum(1 << k for k, m in enumerate(maxshape) if m is None) | (0x10 if filtered else 0)
    write(name, control(structure, len(shape), chunk[0], flags, find(data, signature, nth)) + data)


def main():
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    late, old = ("v110", "v114"), ("earliest", "v108")
    for filtered in (False, True):
        suffix = "_filtered" if filtered else ""
        chunked(3, "btree_v1" + suffix, old, (40,), (4,), (None,), b"TREE\x01", filtered)
        chunked(4, "fixed_array" + suffix, late, (40, 48), (16, 16), (40, 48), b"FAHD", filtered)
        chunked(5, "extensible_array" + suffix, late, (40,), (1,), (None,), b"EAHD", filtered)
        chunked(6, "btree_v2" + suffix, late, (40, 48), (4, 4), (None, None), b"BTHD", filtered)

    def group(f):
        for i in range(12):
            f.create_group(f"group_{i:02}_with_a_name")

    data = made(old, group)
    write("group_btree", control(1, address=find(data, b"TREE\x00")) + data)
    write("local_heap", control(8, address=find(data, b"HEAP")) + data)
    data = made(late, group)
    write("fractal_heap", control(0, address=find(data, b"FRHP")) + data)
    write("name_btree", control(2, address=find(data, b"BTHD")) + data)
    data = made(late, lambda f: f.create_dataset("s", data=["one", "two", "three"], dtype=h5py.string_dtype()))
    write("global_heap", control(7, address=find(data, b"GCOL")) + data)

    u = struct.pack
    chunk4 = b"\x04\x02\x00\x02\x01\x05\x01"
    write("layout_extensible", control(9) + chunk4 + b"\x04" + b"\x20\x04\x04\x10\x0a" + u("<Q", 99))
    write("layout_tree", control(9) + chunk4 + b"\x05" + u("<IBBQ", 2048, 100, 40, 99))
    write("layout_old", control(9) + b"\x01\x02\x02\0\0\0\0\0" + u("<QII", 99, 5, 1))
    write("layout_compact", control(9) + b"\x03\x00" + u("<H", 3) + b"abc")
    write("pipeline_v1", control(10) + b"\x01\x01" + bytes(6) + u("<HHHH", 2, 8, 1, 1) + b"shuffle\0" + u("<II", 4, 0))
    write("pipeline_v2", control(10) + b"\x02\x02" + u("<HHHI", 1, 0, 1, 6) + u("<HHHH", 32015, 4, 0, 0) + b"zst\0")
    write("fill", control(11) + b"\x03\x2a" + u("<II", 4, 1))
    write("external", control(12) + b"\x01\0\0\0" + u("<HHQQQQ", 1, 1, 8, 0, 0, 60))
    write("selection_regular", control(13) + u("<IIBBI", 2, 3, 1, 2, 1) + u("<HHHH", 0, 2, 0xFFFF, 1))
    write("selection_boxes", control(13) + u("<IIIIIIII", 2, 1, 0, 24, 1, 1, 1, 3))
    write("selection_points", control(13) + u("<IIIIIII", 1, 1, 0, 12, 1, 1, 3))

    def virtual(f):
        layout = h5py.VirtualLayout((2, 4), "i4")
        layout[0] = h5py.VirtualSource("a_long_name_of_a_file.h5", "d", (4,))
        layout[1] = h5py.VirtualSource("a_long_name_of_a_file.h5", "d", (4,))
        f.create_virtual_dataset("v", layout)

    for name, libver in (("mappings_v0", late), ("mappings_v1", ("latest", "latest"))):
        data = made(libver, virtual)
        at = find(data, b"GCOL") + 16
        write(name, control(14, rank=2) + data[at + 16 : at + 16 + int.from_bytes(data[at + 8 : at + 16], "little")])


if __name__ == "__main__":
    main()
