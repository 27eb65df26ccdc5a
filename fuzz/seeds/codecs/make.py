#!/usr/bin/env python3
"""Writes the seeds of codecs_fuzz: one small chunk of each codec, packed by the libraries that people pack with.

Needs h5py, hdf5plugin and numcodecs. Run it in this folder: python3 make.py
"""
import bz2
import gzip
import os
import struct
import tempfile
import zlib

import h5py
import hdf5plugin
import numcodecs
import numpy as np

# CodecId of src/codecs/codec.h, in its order.
IDS = {name: number for number, name in enumerate(
    "unknown deflate shuffle fletcher32 szip nbit scaleoffset lzf blosc blosc2 zstd lz4_hdf5 bitshuffle bzip2 zfp gzip lz4 "
    "delta fixedscaleoffset".split())}
NUMBERS = (np.arange(64) % 11 * 3).astype("<i4")
FLOATS = np.sin(np.arange(64)).astype("<f4")


def write(name, codec, packed, chunk_bytes, values=(), element_bytes=4, flags=0):
    with open(name, "wb") as f:
        f.write(struct.pack("<BBHBB", IDS[codec], element_bytes, chunk_bytes, flags, len(values)))
        f.write(struct.pack(f"<{len(values)}I", *(v & 0xFFFFFFFF for v in values)) + packed)


def by_hdf5(name, codec, data, dtype=None, chunks=None, **options):
    """The first chunk and the filter's parameters as HDF5 stores them."""
    with tempfile.TemporaryDirectory() as folder:
        with h5py.File(os.path.join(folder, "a.h5"), "w") as f:
            dataset = f.create_dataset("d", data=data, dtype=dtype, chunks=chunks or data.shape, **options)
            packed = dataset.id.read_direct_chunk((0,) * data.ndim)[1]
            values = dataset.id.get_create_plist().get_filter(0)[2]
            write(name, codec, packed, int(np.prod(dataset.chunks)) * dataset.dtype.itemsize, values, dataset.dtype.itemsize)


def nbit(name, make_type, data):
    with tempfile.TemporaryDirectory() as folder:
        with h5py.File(os.path.join(folder, "a.h5"), "w") as f:
            plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            plist.set_chunk(data.shape)
            plist.set_filter(h5py.h5z.FILTER_NBIT, 0)
            kind = make_type()
            made = h5py.h5d.create(f.id, b"d", kind, h5py.h5s.create_simple(data.shape), plist)
            made.write(h5py.h5s.ALL, h5py.h5s.ALL, data)
            values = made.get_create_plist().get_filter(0)[2]
            write(name, "nbit", made.read_direct_chunk((0,) * data.ndim)[1], data.size * kind.get_size(), values, kind.get_size())


def twelve_bits():
    kind = h5py.h5t.STD_I16LE.copy()
    kind.set_precision(12)
    kind.set_offset(2)
    return kind


def compound():
    kind = h5py.h5t.create(h5py.h5t.COMPOUND, 8)
    kind.insert(b"a", 0, twelve_bits())
    kind.insert(b"b", 2, h5py.h5t.array_create(twelve_bits(), (2,)))
    kind.insert(b"c", 6, h5py.h5t.STD_I16LE)
    return kind


def main():
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    raw = NUMBERS.tobytes()
    write("deflate", "deflate", zlib.compress(raw), len(raw), (6,))
    write("pipeline", "deflate", zlib.compress(numcodecs.Shuffle(4).encode(NUMBERS).tobytes()), len(raw), (6,), flags=1)
    write("gzip", "gzip", gzip.compress(raw, mtime=0), len(raw))
    write("gzip_members", "gzip", gzip.compress(raw[:100], mtime=0) + gzip.compress(raw[100:], mtime=0), len(raw))
    write("bzip2", "bzip2", bz2.compress(raw), len(raw), (9,))
    write("shuffle", "shuffle", bytes(numcodecs.Shuffle(4).encode(NUMBERS)), len(raw), (4,))
    write("zstd", "zstd", bytes(numcodecs.Zstd(level=3).encode(NUMBERS)), len(raw), (3,))
    write("lz4", "lz4", bytes(numcodecs.LZ4().encode(NUMBERS)), len(raw))
    for inner in ("blosclz", "lz4", "zlib", "zstd"):
        for shuffle in (0, 1, 2):
            packed = numcodecs.Blosc(inner, 5, shuffle).encode(NUMBERS)
            write(f"blosc_{inner}_{shuffle}", "blosc", bytes(packed), len(raw))
    by_hdf5("fletcher32", "fletcher32", NUMBERS, fletcher32=True)
    by_hdf5("szip_nn", "szip", NUMBERS, compression="szip", compression_opts=("nn", 8))
    by_hdf5("szip_ec", "szip", NUMBERS.astype("i2"), compression="szip", compression_opts=("ec", 16))
    by_hdf5("scaleoffset", "scaleoffset", NUMBERS, scaleoffset=0)
    by_hdf5("scaleoffset_float", "scaleoffset", FLOATS, scaleoffset=3)
    by_hdf5("lzf", "lzf", NUMBERS, compression="lzf")
    by_hdf5("lz4_hdf5", "lz4_hdf5", NUMBERS, **hdf5plugin.LZ4(nbytes=128))
    by_hdf5("bitshuffle_plain", "bitshuffle", NUMBERS, **hdf5plugin.Bitshuffle(cname="none"))
    by_hdf5("bitshuffle_lz4", "bitshuffle", NUMBERS, **hdf5plugin.Bitshuffle(cname="lz4"))
    by_hdf5("bitshuffle_zstd", "bitshuffle", NUMBERS, **hdf5plugin.Bitshuffle(cname="zstd"))
    by_hdf5("blosc2_blosclz", "blosc2", NUMBERS, **hdf5plugin.Blosc2(cname="blosclz", clevel=5))
    by_hdf5("blosc2_zstd_delta", "blosc2", NUMBERS, **hdf5plugin.Blosc2(cname="zstd", filters=hdf5plugin.Blosc2.DELTA))
    by_hdf5("zfp_rate", "zfp", FLOATS, **hdf5plugin.Zfp(rate=10.0))
    by_hdf5("zfp_reversible", "zfp", FLOATS.reshape(8, 8).astype("f8"), **hdf5plugin.Zfp(reversible=True))
    by_hdf5("zfp_accuracy", "zfp", FLOATS.reshape(4, 4, 4), **hdf5plugin.Zfp(accuracy=0.1))
    nbit("nbit", twelve_bits, np.arange(16, dtype="i2"))
    nbit("nbit_compound", compound, np.zeros(4, dtype=[("a", "<i2"), ("b", "<i2", (2,)), ("c", "<i2")]))


if __name__ == "__main__":
    main()
