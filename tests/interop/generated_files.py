"""HDF5 files of random contents, made by h5py from a seed: types, layouts, filters, fills, names, links and versions, combined at
random. What people's own files hold is in the corpus; this is what they do not.

Left out, and so not tested here: datasets of structures or arrays that hold texts, sequences or references, and references in files of
4-byte addresses (h5py crashes, or writes what lies in memory); n-bit, scale-offset and szip behind another filter, and a plug-in
filter twice (libhdf5 reads what it wrote then, rutter refuses some of it); regions of datasets that change their size or go.

    generated_files.py FOLDER FIRST_SEED LAST_SEED

h5py and libhdf5 crash on some combinations while writing: such a file is left out, and its seed is printed.
"""

import os
import random
import sys

import h5py
import hdf5plugin
import numpy as np
from h5py import h5a, h5d, h5f, h5p, h5s, h5t, h5z

NAMES = ["a b", "ü", "日本", "x.y", "..x", "%41", "a%", "#h", "q?x", "{{u}}", "[0]", "0", "0.0", "c", "zarr.json", ".zarray", ".zattrs", ".zgroup",
         "a\\b", "a:b", "e\u0301", 'a"b', "a'b", "a\tb", "a\nb", "~", "-x", " lead", "trail ", "\u200b", "😀", "data.json", "*", "null", "1e5", "a\x01b"]
VERSIONS = [("earliest", "v108"), ("earliest", "latest"), ("v108", "v108"), ("v108", "v110"), ("v110", "v110"), ("v110", "latest"), ("v112", "v112"),
            ("v114", "v114"), ("latest", "latest")]
BOUNDS = {"earliest": h5f.LIBVER_EARLIEST, "v108": h5f.LIBVER_V18, "v110": h5f.LIBVER_V110, "v112": h5f.LIBVER_V112, "v114": h5f.LIBVER_V114,
          "latest": h5f.LIBVER_LATEST}
MAX_CHUNKS, MAX_ELEMENTS = 500, 2000
RAW_KINDS = (h5t.BITFIELD,)  # libhdf5 converts none of them


class Generator:
    """One file. Whatever h5py refuses is passed over: what it wrote until then stays."""

    def __init__(self, seed, path):
        self.random, self.numbers, self.path = random.Random(seed), np.random.default_rng(seed), path
        self.objects, self.datasets, self.types, self.kept = ["/"], [], [], set()
        self.address_bytes, self.file = 8, None

    def chance(self, share):
        return self.random.random() < share

    def pick(self, *choices):
        return self.random.choice(choices)

    def attempt(self, action, *arguments):
        try:
            return action(*arguments)
        except Exception:  # h5py's refusals have many types
            return None

    def name(self, used, longest=300):
        while True:
            kind = self.random.random()
            name = f"{self.pick(*'abcdefgh')}{self.random.randrange(100)}" if kind < 0.6 else self.pick(*NAMES) if kind < 0.95 else "n" * self.pick(longest // 2, longest)
            if name not in used:
                used.add(name)
                return name

    # Types and values.

    def plain_type(self):
        order = self.pick("<", ">")
        return self.random.choice([
            *[np.dtype(order + kind) for kind in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")],
            np.dtype(bool), np.dtype(f"S{self.pick(1, 2, 7, 30)}"), np.dtype(f"V{self.pick(1, 3, 16)}"),
            h5py.string_dtype(self.pick("ascii", "utf-8"), self.pick(3, 9, 20)),
            h5py.enum_dtype({name: i for i, name in enumerate(["RED", "GR EEN", "ü"][: self.random.randrange(1, 4)])}, order + self.pick("i1", "u2", "i8")),
        ])

    def dtype(self, depth=0, texts_inside=True):
        kind = self.random.random()
        if depth < 2 and kind < 0.15:
            names = set()
            return np.dtype([(self.name(names, 20), self.dtype(depth + 1, texts_inside)) for _ in range(self.random.randrange(1, 5))])
        if depth < 2 and kind < 0.22:
            base = self.dtype(depth + 1, texts_inside)
            return base if base.subdtype else np.dtype((base, self.pick((2,), (3,), (2, 3), (1, 1))))
        if depth and not texts_inside:
            return self.plain_type()
        if kind < 0.30:
            return h5py.string_dtype(self.pick("ascii", "utf-8"))
        if kind < 0.35:  # h5py swaps no bytes of sequences inside structures
            return h5py.vlen_dtype(np.dtype(self.pick("<i4", "<i2" if depth else ">i2", "f8", "u1", "c8")))
        # h5py writes references inside other types, and where addresses have 4 bytes, as they lie in memory.
        if kind < 0.40 and depth == 0 and self.address_bytes == 8:
            return self.pick(h5py.ref_dtype, h5py.regionref_dtype)
        return self.plain_type()

    def odd_type(self):
        """Integers of any width and precision at any bit, and bit fields."""
        if self.chance(0.3):
            return self.pick(h5t.STD_B8LE, h5t.STD_B16BE, h5t.STD_B32LE, h5t.STD_B64BE).copy()
        size = self.pick(1, 2, 3, 4, 5, 8)
        precision = self.random.randrange(1, 8 * size + 1)
        file_type = self.pick(h5t.STD_I8LE, h5t.STD_U8LE, h5t.STD_I64BE, h5t.STD_U64LE, h5t.STD_I32BE).copy()
        file_type.set_size(size)
        file_type.set_offset(0)
        file_type.set_precision(precision)
        file_type.set_offset(self.random.randrange(0, 8 * size - precision + 1))
        return file_type

    def text(self, letters):
        return "".join(self.random.choice(letters) for _ in range(self.pick(0, 1, 3, 10, 100)))

    def reference(self, kind):
        if kind is h5py.Reference:
            return self.file[self.pick(*self.objects)].ref if self.chance(0.8) else h5py.Reference()
        # Of datasets that neither shrink nor go: else the place of a region is another's.
        whole = [d for d in map(self.file.get, self.datasets) if d is not None and d.shape and d.size and d.maxshape == d.shape]
        if not whole or self.chance(0.2):
            return h5py.RegionReference()
        dataset = self.pick(*whole)
        self.kept.add(dataset.name)
        starts = [self.random.randrange(n) for n in dataset.shape]
        return dataset.regionref[tuple(slice(start, self.random.randrange(start, n) + 1) for start, n in zip(starts, dataset.shape))]

    def objects_of(self, dtype, count):
        out = np.empty(count, object)
        text, sequence, reference = h5py.check_string_dtype(dtype), h5py.check_vlen_dtype(dtype), h5py.check_ref_dtype(dtype)
        for i in range(count):
            if text is not None:
                out[i] = self.text("abc de" + ("üé日😀" if text.encoding == "utf-8" else "XYZ"))
            elif sequence is not None:
                out[i] = self.values(sequence, (self.pick(0, 1, 2, 5, 50),))
            else:
                out[i] = self.reference(reference)
        return out

    def values(self, dtype, shape):
        if dtype.subdtype is not None:
            return self.values(dtype.subdtype[0], (*shape, *dtype.subdtype[1]))
        count = int(np.prod(shape))
        if dtype.fields is not None:
            out = np.zeros(shape, dtype)
            for name in dtype.names:
                out[name] = self.values(dtype.fields[name][0], shape).reshape(out[name].shape)
            return out
        if dtype.hasobject:
            return self.objects_of(dtype, count).reshape(shape)
        if (members := h5py.check_enum_dtype(dtype)) is not None:
            return self.numbers.choice(list(members.values()), size=shape).astype(dtype)
        if dtype.kind == "S":
            texts = [bytes(self.random.choice(b"abc xyz") for _ in range(self.random.randrange(dtype.itemsize + 1))) for _ in range(count)]
            return np.array(texts, f"S{dtype.itemsize}").reshape(shape).astype(dtype)
        if dtype.kind == "b":
            return self.numbers.integers(0, 2, shape).astype(bool)
        if dtype.kind == "V" or (dtype.kind in "iu" and self.chance(0.5)):
            return np.frombuffer(self.numbers.bytes(count * dtype.itemsize), dtype).reshape(shape).copy()
        if dtype.kind in "iu":
            return self.numbers.integers(-100 if dtype.kind == "i" else 0, 100, shape).astype(dtype)
        out = np.asarray(self.numbers.standard_normal(shape) * self.pick(1, 1e-3, 1e4), dtype)
        if dtype.kind == "f" and out.ndim and out.size > 2 and self.chance(0.3):
            out.reshape(-1)[:3] = np.nan, np.inf, -0.0
        return out

    # Datasets.

    def shape(self):
        if self.chance(0.08):
            return ()
        rank = self.pick(1, 1, 1, 2, 2, 3, 4)
        shape = (self.pick(0, 1, 5, 17, 64, 300),) if rank == 1 else tuple(self.pick(0, 1, 2, 3, 5, 7, 10, 16, 33) for _ in range(rank))
        return shape if np.prod(shape) <= MAX_ELEMENTS else tuple(min(n, 5) for n in shape)

    def add_filters(self, plist, dtype):
        fixed = dtype is not None and not dtype.hasobject
        kind = dtype.kind if fixed else ""
        first = [lambda: plist.set_scaleoffset(h5z.SO_INT, self.pick(0, 5))] if kind in ("i", "u") else []
        first += [lambda: plist.set_scaleoffset(h5z.SO_FLOAT_DSCALE, self.random.randrange(4))] if kind == "f" and dtype.itemsize >= 4 else []
        first += [lambda: plist.set_filter(h5z.FILTER_NBIT, h5z.FLAG_OPTIONAL)] if fixed else []
        first += [lambda: plist.set_szip(self.pick(4, 32), self.pick(8, 16, 32))] if kind in ("i", "u", "f") else []
        common = [plist.set_shuffle, plist.set_fletcher32, lambda: plist.set_deflate(self.random.randrange(10)),
                  lambda: plist.set_filter(h5z.FILTER_LZF, h5z.FLAG_OPTIONAL)]
        plugins = [hdf5plugin.Blosc(cname=self.pick("lz4", "zstd", "zlib", "blosclz", "lz4hc"), shuffle=self.random.randrange(3)), hdf5plugin.Zstd(),
                   hdf5plugin.LZ4(nbytes=self.pick(0, 1024)), hdf5plugin.Bitshuffle(cname=self.pick("none", "lz4", "zstd")), hdf5plugin.BZip2(),
                   hdf5plugin.Blosc2(cname=self.pick("lz4", "zstd"), filters=self.random.randrange(3))] if fixed else []
        plugin = self.pick(*plugins) if plugins and self.chance(0.3) else None
        for step in range(self.pick(1, 1, 2, 2, 3)):
            self.attempt(self.pick(*(first if step == 0 else []), *common))
        if plugin is not None:
            self.attempt(plist.set_filter, plugin.filter_id, h5z.FLAG_OPTIONAL, plugin.filter_options)

    def chunk_shape(self, shape, longest):
        bound = [n if n != h5s.UNLIMITED else 1 << 30 for n in longest]
        chunk = [min(self.pick(1, 2, 3, 4, 8, 16, 100, max(n, 1), max(1, n // 2)), most) for n, most in zip(shape, bound)]
        while np.prod([-(-max(n, 1) // c) for n, c in zip(shape, chunk)]) > MAX_CHUNKS:
            chunk = [min(2 * c, most) for c, most in zip(chunk, bound)]
        return tuple(chunk)

    def creation(self, dtype, shape, longest):
        """The property list of a dataset, and its chunk shape or None."""
        plist, chunk = h5p.create(h5p.DATASET_CREATE), None
        layout = "chunked" if shape and longest != shape else self.pick("compact", "contiguous", "chunked", "chunked") if shape else self.pick("compact", "contiguous")
        if layout == "compact" and shape is not None:
            plist.set_layout(h5d.COMPACT)
        elif layout == "chunked":
            chunk = self.chunk_shape(shape, longest)
            plist.set_chunk(chunk)
            if self.chance(0.65):
                self.add_filters(plist, dtype)
            if self.chance(0.15):
                self.attempt(plist.set_chunk_opts, 1)  # unfiltered edge chunks
        if layout != "compact" and self.chance(0.6):
            plist.set_alloc_time(self.pick(h5d.ALLOC_TIME_EARLY, h5d.ALLOC_TIME_LATE, h5d.ALLOC_TIME_INCR))
        if layout == "chunked" or self.chance(0.5):  # without a fill, unwritten elements are what the disk held
            plist.set_fill_time(self.pick(h5d.FILL_TIME_ALLOC, h5d.FILL_TIME_IFSET))
        if dtype is not None and not dtype.hasobject and dtype.subdtype is None and self.chance(0.4):
            self.attempt(plist.set_fill_value, self.values(dtype, (1,)))
        if self.chance(0.3):
            plist.set_attr_creation_order(h5p.CRT_ORDER_TRACKED | (h5p.CRT_ORDER_INDEXED if self.chance(0.5) else 0))
        if self.chance(0.2):
            plist.set_attr_phase_change(self.pick(0, 2, 8), 0)
        return plist, chunk

    def write(self, dataset, file_type, dtype, start, shape):
        if 0 in shape:
            return
        space = dataset.id.get_space()
        if shape:
            space.select_hyperslab(start, shape)
        memory = h5s.create_simple(shape) if shape else h5s.create(h5s.SCALAR)
        if dtype is None:
            raw = file_type.get_class() in RAW_KINDS
            data = self.values(np.dtype(f"u{file_type.get_size()}" if raw else "i8"), shape)
            dataset.id.write(memory, space, data, mtype=file_type if raw else h5t.py_create(data.dtype))
        elif h5py.check_vlen_dtype(dtype) is not None and shape:
            for index in np.ndindex(*shape):
                dataset[tuple(i + first for i, first in zip(index, start))] = self.values(dtype.metadata["vlen"], (self.pick(0, 1, 2, 5, 50),))
        elif dtype.fields is None and dtype.subdtype is None:
            dataset[tuple(slice(first, first + n) for first, n in zip(start, shape))] = self.values(dtype, shape)
        else:
            dataset.id.write(memory, space, np.asarray(self.values(dtype, shape)), mtype=h5t.py_create(dtype, logical=True))

    def dataset(self, group, name):
        # Structures and arrays that hold texts or sequences crash h5py now and then while they are written to a dataset.
        named = [kept.dtype for kept in self.types if not kept.dtype.hasobject]
        dtype = None if self.chance(0.12) else self.pick(*named) if named and self.chance(0.1) else self.dtype(texts_inside=False)
        file_type = self.odd_type() if dtype is None else h5t.py_create(dtype, logical=True)
        shape = None if self.chance(0.03) else self.shape()
        longest = tuple(self.pick(n, max(n + 3, 1), h5s.UNLIMITED) if self.chance(0.4) else max(n, 1) for n in shape or ())
        space = h5s.create(h5s.NULL) if shape is None else h5s.create_simple(shape, longest) if shape else h5s.create(h5s.SCALAR)
        plist, chunk = self.creation(dtype, shape, longest)
        dataset = h5py.Dataset(h5d.create(group.id, name.encode(), file_type, space, plist))
        self.objects.append(dataset.name)
        self.datasets.append(dataset.name)
        if shape is None:
            return dataset
        if self.chance(0.7):
            self.write(dataset, file_type, dtype, (0,) * len(shape), shape)
        elif shape and all(shape):
            for _ in range(self.random.randrange(3)):
                start = tuple(self.random.randrange(n) for n in shape)
                self.write(dataset, file_type, dtype, start, tuple(self.random.randrange(1, n - first + 1) for n, first in zip(shape, start)))
        if chunk and self.chance(0.5):
            self.attempt(self.resize, dataset, file_type, dtype)
        if chunk and dtype is not None and not dtype.hasobject and plist.get_nfilters() and all(dataset.shape) and self.chance(0.25):
            corner = tuple(self.random.randrange(-(-n // c)) * c for n, c in zip(dataset.shape, chunk))
            self.attempt(dataset.id.write_direct_chunk, corner, self.values(dtype, chunk).tobytes(), (1 << plist.get_nfilters()) - 1)
        return dataset

    def resize(self, dataset, file_type, dtype):
        for _ in range(self.random.randrange(1, 4)):
            shape = tuple(self.pick(max(0, n - 1), n, n + 1, n + 7, 2 * n, 0, 1) if most is None else min(most, self.pick(n, n + 2, max(0, n - 1)))
                          for n, most in zip(dataset.shape, dataset.maxshape))
            dataset.resize(shape)
            if self.chance(0.5):
                self.write(dataset, file_type, dtype, (0,) * len(shape), shape)

    def virtual(self, group, name):
        # Integers with padding are left out: libhdf5 leaves it in the numbers.
        sources = [d for d in map(self.file.get, self.datasets)
                   if d is not None and d.shape and d.size and d.dtype.kind in "iuf" and d.id.get_type().get_precision() == 8 * d.id.get_type().get_size()]
        source = self.pick(*sources)
        layout = h5py.VirtualLayout(shape=(3, *source.shape), dtype=source.dtype)
        for i in range(3):
            if self.chance(0.8):
                layout[i] = h5py.VirtualSource(".", source.name.replace("%", "%%"), shape=source.shape)
        self.objects.append(group.create_virtual_dataset(name, layout, fillvalue=self.pick(None, 7)).name)

    # Attributes, groups, the file.

    def attribute(self, owner, name):
        if self.chance(0.08):
            return owner.attrs.create(name, h5py.Empty(self.plain_type()))
        shape = self.pick((), (), (1,), (3,), (2, 2), (0,))
        space = h5s.create_simple(shape) if shape else h5s.create(h5s.SCALAR)
        if self.chance(0.07):
            file_type = self.odd_type()
            raw = file_type.get_class() in RAW_KINDS
            data = self.values(np.dtype(f"u{file_type.get_size()}" if raw else "i8"), shape)
            return h5a.create(owner.id, name.encode(), file_type, space).write(data, mtype=file_type if raw else h5t.py_create(data.dtype))
        dtype = self.pick(*self.types).dtype if self.types and self.chance(0.2) else self.dtype()
        if dtype.subdtype is not None and dtype.hasobject:  # as with datasets
            dtype = self.plain_type()
        data = np.asarray(self.values(dtype, shape))
        if dtype.subdtype is None and h5py.check_vlen_dtype(dtype) is None:
            return owner.attrs.create(name, data if shape else data[()], shape=shape, dtype=dtype)
        file_type = h5t.py_create(dtype, logical=True)
        return h5a.create(owner.id, name.encode(), file_type, space).write(data, mtype=file_type)

    def attributes(self, owner):
        used = set()
        for _ in range(self.pick(0, 0, 1, 2, 3, 9, 20)):
            self.attempt(self.attribute, owner, self.name(used))

    def member(self, group, name, depth):
        kind = self.random.random()
        if kind < 0.2 and depth < 4:
            plist = h5p.create(h5p.GROUP_CREATE)
            if self.chance(0.4):
                plist.set_link_creation_order(h5p.CRT_ORDER_TRACKED | (h5p.CRT_ORDER_INDEXED if self.chance(0.5) else 0))
            made = h5py.Group(h5py.h5g.create(group.id, name.encode(), gcpl=plist))
            self.objects.append(made.name)
            self.attributes(made)
            self.members(made, depth + 1)
        elif kind < 0.25:
            group[name] = h5py.SoftLink(self.pick("/nowhere", "..", "./a0", *self.objects))
        elif kind < 0.28:
            group[name] = h5py.ExternalLink(self.pick("other.h5", os.path.basename(self.path)), self.pick("/x", *self.objects))
        elif kind < 0.33:
            group[name] = self.file[self.pick(*self.objects)]
        elif kind < 0.38:
            group[name] = self.dtype()
            self.types.append(group[name].id)
            self.attributes(group[name])
        elif kind < 0.41:
            self.virtual(group, name)
        else:
            self.attributes(self.dataset(group, name))

    def members(self, group, depth):
        used = set()
        for _ in range(self.pick(1, 3, 6, 10, 25) if depth < 3 else 2):
            self.attempt(self.member, group, self.name(used), depth)

    def scales(self):
        lines = [d for d in map(self.file.get, self.datasets) if d is not None and d.shape and d.ndim == 1 and self.chance(0.5)]
        for line in lines:
            self.attempt(line.make_scale, self.pick("", "x", "time"))
        for dataset in filter(None, map(self.file.get, self.datasets)):
            for axis, n in enumerate(dataset.shape or ()):
                fitting = [line for line in lines if line.shape == (n,) and line.name != dataset.name]
                if fitting and self.chance(0.6):
                    self.attempt(dataset.dims[axis].attach_scale, self.pick(*fitting))

    def run(self):
        versions = self.pick(*VERSIONS)
        creation, access = h5p.create(h5p.FILE_CREATE), h5p.create(h5p.FILE_ACCESS)
        user_block = self.pick(0, 0, 0, 512, 2048)
        creation.set_userblock(user_block)
        if self.chance(0.3):
            self.address_bytes = self.pick(4, 8)
            creation.set_sizes(self.address_bytes, self.pick(4, 8))
        if self.chance(0.4):
            creation.set_link_creation_order(h5p.CRT_ORDER_TRACKED | (h5p.CRT_ORDER_INDEXED if self.chance(0.5) else 0))
        if self.chance(0.4) and versions[0] not in ("earliest", "v108") and user_block == 0:
            strategy = self.pick(h5f.FSPACE_STRATEGY_FSM_AGGR, h5f.FSPACE_STRATEGY_PAGE, h5f.FSPACE_STRATEGY_AGGR, h5f.FSPACE_STRATEGY_NONE)
            creation.set_file_space_strategy(strategy, self.chance(0.5), 1)
            creation.set_file_space_page_size(self.pick(512, 1024, 4096))
        access.set_libver_bounds(*(BOUNDS[version] for version in versions))
        self.file = h5py.File(h5f.create(self.path.encode(), h5f.ACC_TRUNC, creation, access))
        self.attributes(self.file)
        self.members(self.file, 0)
        if self.chance(0.5):
            self.scales()
        for path in self.datasets:
            if self.chance(0.05) and path not in self.kept:
                self.attempt(self.file.__delitem__, path)
        self.file.close()
        if self.chance(0.5):
            self.attempt(self.append, versions)

    def append(self, versions):
        """More of everything in a file that was closed: freed space is taken again."""
        with h5py.File(self.path, "r+", libver=versions) as self.file:
            self.types = []
            self.objects, self.datasets = ([path for path in paths if path in self.file] for paths in (self.objects, self.datasets))
            self.members(self.file.require_group("again"), 2)
            self.attributes(self.file)


def generate(folder, seeds):
    """Makes a file for every seed, each in a process of its own; returns the seeds at which it died."""
    died = []
    for seed in seeds:
        path = os.path.join(folder, f"generated_{seed:06d}.h5")
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what libhdf5 says while it dies
                Generator(seed, path).run()
                code = 0
            finally:
                os._exit(code)
        if os.waitpid(child, 0)[1] != 0:
            died.append(seed)
            if os.path.exists(path):
                os.remove(path)
    return died


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    print("seeds at which h5py died:", generate(sys.argv[1], range(int(sys.argv[2]), int(sys.argv[3]))))
