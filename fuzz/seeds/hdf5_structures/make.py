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


def objects(name, libver, fill):
    """A file as a seed of everything that begins at an object header: one seed for each object and structure."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.h5")
        with h5py.File(path, "w", libver=libver) as f:
            wanted = fill(f)
        with h5py.File(path, "r") as f:
            places = [(structure, tag, h5py.h5o.get_info(f[where].id).addr) for structure, tag, where in wanted]
        with open(path, "rb") as f:
            data = f.read()
    for structure, tag, address in places:
        write(f"{tag}_{name}", control(structure, address=address) + data)
    return data


def fill_objects(f):
    f.attrs["text"] = "a"
    group = f.create_group("group", track_order=True)
    group["soft"] = h5py.SoftLink("/elsewhere")
    group["outside"] = h5py.ExternalLink("b.h5", "/x")
    group["hard"] = f["/"]
    many = f.create_group("many")
    for i in range(12):
        many.attrs[f"attribute {i}"] = np.arange(i + 1, dtype="i2")
        many.create_group(f"member {i}")
    data = f.create_dataset("data", shape=(4, 6), dtype="<f4", chunks=(2, 3), maxshape=(None, 6), compression="gzip", fillvalue=1.5)
    data.attrs["list"] = ["one", "two"]
    record = np.dtype([("a", "<i4"), ("b", "<f8", (2,)), ("c", h5py.string_dtype()), ("d", h5py.ref_dtype)])
    f["type"] = record
    f.create_dataset("records", shape=(2,), dtype=f["type"])
    return [(18, "object_header", "data"), (18, "object_header", "many"), (19, "links", "group"), (19, "links_many", "many"),
            (20, "attributes", "data"), (20, "attributes_many", "many"), (21, "dataset", "data"), (21, "dataset_records", "records")]


def datatypes():
    f4 = "11201f00 04000000 0000 2000 17080017 7f000000"
    i2 = "10080000 02000000 0000 1000"
    yield "integer", i2
    yield "float", f4
    yield "time", "12000000 04000000 2000"
    yield "string", "13120000 05000000"
    yield "bits", "14000000 01000000 0000 0800"
    yield "opaque", "15080000 03000000 6120746167000000"
    yield "compound", "36020000 06000000 6100 00" + i2 + "6200 02" + f4
    yield "complex", "36020000 08000000 7200 00" + f4 + "6900 04" + f4
    yield "reference", "17000000 08000000"
    yield "region", "37120000 14000000"
    yield "enum", "38020000 02000000" + i2 + "5200 4200 0100 0200"
    yield "sequence", "39000000 10000000" + i2
    yield "vlen_string", "39010100 10000000" + "13110000 01000000"
    yield "array", "3a000000 0c000000 02 02000000 03000000" + i2
    yield "native_complex", "5b000000 08000000" + f4


def messages():
    yield 23, "space_simple", "02020101 0400000000000000 0600000000000000 ffffffffffffffff 0600000000000000"
    yield 23, "space_v1", "01010000 00000000 0400000000000000"
    yield 23, "space_null", "02000002"
    yield 24, "attribute_v1", "01000200 08000800 6100000000000000 1008000002000000 0100000000000000 0700"
    yield 24, "attribute_v3", "03000200 0c000400 01 6100 10080000 02000000 0000 1000 02000000 0700"
    yield 24, "attribute_info", "0003 0c00 6000000000000000 7000000000000000 8000000000000000"
    yield 25, "link_hard", "0100 01 61 6000000000000000"
    yield 25, "link_soft", "0118 01 01 0161 0300 2f6162".replace("0118", "0108")
    yield 25, "link_external", "0108 40 01 61 0700 00 622e683500 7800"
    yield 25, "link_info", "0003 0c00000000000000 6000000000000000 7000000000000000 8000000000000000"
    yield 25, "symbol_table", "6000000000000000 7000000000000000"
    yield 26, "continuation", "6000000000000000 8000000000000000"
    yield 26, "comment", "612063 6f6d6d656e7400"
    yield 26, "time", "01000000 00f15365"
    yield 26, "driver_info", "00 4e4353416d756c74 0400 01020304"
    yield 26, "file_space", "01 01 01 0100000000000000 0010000000000000 0000 ffffffffffffffff" + "ffffffffffffffff" * 11
    yield 27, "shared_v3", "0302 6000000000000000"
    yield 27, "shared_heap", "0301 0001020304050607"
    yield 28, "symbol_nodes", "534e4f44 01000200" + ("0800000000000000 6000000000000000 00000000 00000000" + "00" * 16) * 2


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

    for name, libver in (("old", old), ("late", late)):
        data = objects(name, libver, fill_objects)
        write("superblock_" + name, control(17) + data[:96])
    for name, text in datatypes():
        write("datatype_" + name, control(22) + bytes.fromhex(text))
    for structure, name, text in messages():
        write("message_" + name, control(structure) + bytes.fromhex(text))
    with open("../../../fixtures/hdf5/objects/cache_image.h5", "rb") as f:
        data = f.read()
    at = find(data, b"MDCI")
    image = data[at : at + int.from_bytes(data[at + 6 : at + 14], "little")]
    write("cache_image", control(29) + image + bytes(len(data) - len(image)))
    write("single_chunk", control(16, address=64) + bytes(128))

    for name, libver in (("mappings_v0", late), ("mappings_v1", ("latest", "latest"))):
        data = made(libver, virtual)
        at = find(data, b"GCOL") + 16
        write(name, control(14, rank=3) + data[at + 16 : at + 16 + int.from_bytes(data[at + 8 : at + 16], "little")])


if __name__ == "__main__":
    main()
