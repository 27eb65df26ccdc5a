"""Writes the benchmark inputs, the same on every machine: every file has its own fixed seed.

    generate.py FOLDER [nwb] [scatter] [big] [idx] [contig] [days] [many] [refs] [plain]

  nwb      nwb2000.h5, nwb1500.h5    2,000 small datasets with attributes in nested groups, NWB-like (3 MB); the same
                                     without its 500 datasets of variable-length strings
  scatter  nwbscatter.h5             300 time series whose headers lie scattered over 1.26 GB
  big      big100k.h5                100,002 gzip+shuffle chunks of 32 KiB, int16, 384 channels (1.6 GB)
  idx      idx_{v1,fa,ea}_N.h5       N = 10,000, 100,000 and 1,000,000 chunks of 64 bytes under a version 1 B-tree, a
                                     fixed array and an extensible array
  contig   contig4g.h5, raw4g.bin    4.3 GB of int16, 384 channels, contiguous in HDF5 and raw
  days     days.json, day_*.bin       a kerchunk map of 365 files without sizes, one chunk each
  many     many/f00000.nc ...        1,000 small NetCDF-4-like files
  plain    plain_{gzip,zstd,raw}.h5, .zarr    1,410 chunks of 32 KiB, int16, 384 channels, in HDF5 and, the same stored bytes, in
                                     Zarr v2
  refs     refs10m.json              a kerchunk map of 10,000,000 chunks in 25,000 files, their lengths at random (818 MB)

A file that is there already is left alone. Nothing big is held in memory.
"""

import json
import os
import sys
import time
import zlib

import h5py
import numpy as np

INDEX_SIZES = (10_000, 100_000, 1_000_000)
INDEX_KINDS = {"v1": ("earliest", True), "fa": ("latest", False), "ea": ("latest", True)}  # library version, unlimited axis


def recording(rng, samples, channels):
    """Electrophysiology-like counts: autoregressive noise of each channel and a slow part that all share."""
    signal = rng.normal(0, 8, (samples, channels))
    for t in range(1, samples):
        signal[t] += 0.6 * signal[t - 1]
    return (signal + rng.normal(0, 6, (samples, 1))).round().astype("<i2")


def shuffled(data, width=2):
    """HDF5's shuffle: all first bytes, then all second bytes, ..."""
    return np.frombuffer(data, np.uint8).reshape(-1, width).T.tobytes()


def write_big(path, rows_of_chunks=16_667, chunk_samples=256, chunk_channels=64, channels=384):
    rng = np.random.default_rng(0)
    pool = [zlib.compress(shuffled(recording(rng, chunk_samples, chunk_channels).tobytes()), 4) for _ in range(64)]
    with h5py.File(path, "w") as file:
        data = file.create_dataset(
            "acquisition/ElectricalSeriesAP/data", (rows_of_chunks * chunk_samples, channels), "<i2",
            chunks=(chunk_samples, chunk_channels), compression="gzip", compression_opts=4, shuffle=True, maxshape=(None, channels))
        number = 0
        for row in range(rows_of_chunks):
            for column in range(channels // chunk_channels):
                data.id.write_direct_chunk((row * chunk_samples, column * chunk_channels), pool[number % len(pool)])
                number += 1


def write_plain(path, codec, rows_of_chunks=235, samples=60_000, chunk_samples=256, chunk_channels=64, channels=384):
    import hdf5plugin  # makes zstd known to libhdf5
    import numcodecs

    encode = {"gzip": lambda data: zlib.compress(data, 4), "zstd": numcodecs.Zstd(level=3).encode, "raw": bytes}[codec]
    filters = {"gzip": {"compression": "gzip", "compression_opts": 4}, "zstd": hdf5plugin.Zstd(clevel=3), "raw": {}}[codec]
    compressor = {"gzip": {"id": "zlib", "level": 4}, "zstd": {"id": "zstd", "level": 3}, "raw": None}[codec]
    rng = np.random.default_rng(0)
    pool = [bytes(encode(recording(rng, chunk_samples, chunk_channels).tobytes())) for _ in range(64)]
    store = path.replace(".h5", ".zarr")
    os.makedirs(store, exist_ok=True)
    with open(os.path.join(store, ".zarray"), "w") as file:
        json.dump({"zarr_format": 2, "shape": [samples, channels], "chunks": [chunk_samples, chunk_channels], "dtype": "<i2", "order": "C",
                   "compressor": compressor, "filters": None, "fill_value": 0}, file)
    with h5py.File(path, "w") as file:
        data = file.create_dataset("data", (samples, channels), "<i2", chunks=(chunk_samples, chunk_channels), **filters)
        number = 0
        for row in range(rows_of_chunks):
            for column in range(channels // chunk_channels):
                chunk = pool[number % len(pool)]
                data.id.write_direct_chunk((row * chunk_samples, column * chunk_channels), chunk)
                with open(os.path.join(store, f"{row}.{column}"), "wb") as stored:
                    stored.write(chunk)
                number += 1


def write_index(path, chunks, library, unlimited):
    with h5py.File(path, "w", libver=library) as file:
        data = file.create_dataset("d", (chunks * 32,), "<i2", chunks=(32,), maxshape=(None,) if unlimited else (chunks * 32,))
        chunk = bytes(64)
        for i in range(chunks):
            data.id.write_direct_chunk((i * 32,), chunk)


def write_nwb(path, series=500, with_text=True):
    rng = np.random.default_rng(0)

    def typed(group, neurodata_type, number):
        group.attrs["namespace"] = "core"
        group.attrs["neurodata_type"] = neurodata_type
        group.attrs["object_id"] = f"{number:036d}"

    with h5py.File(path, "w") as file:
        typed(file, "NWBFile", 0)
        file.attrs["nwb_version"] = "2.6.0"
        file.create_group("acquisition")
        processing = file.create_group("processing")
        for i in range(series):
            module = processing.require_group(f"module_{i % 20:02d}")
            container = module.require_group(f"container_{i // 100}")
            for group in (module, container):
                if "object_id" not in group.attrs:
                    typed(group, "ProcessingModule", i)
            group = container.create_group(f"TimeSeries_{i:04d}")
            typed(group, "TimeSeries", i)
            group.attrs["description"] = f"behavioural variable {i} recorded in session"
            group.attrs["comments"] = "no comments"
            data = group.create_dataset("data", data=rng.normal(size=100))
            data.attrs.update({"conversion": 1.0, "resolution": -1.0, "unit": "volts", "offset": 0.0})
            times = group.create_dataset("timestamps", data=np.arange(100) / 30.0)
            times.attrs["interval"] = np.int32(1)
            times.attrs["unit"] = "seconds"
            control = group.create_dataset("control", data=np.zeros(100, "u1"), chunks=(100,), compression="gzip")
            control.attrs["description"] = "control"
            if not with_text:
                continue
            words = group.create_dataset("control_description", data=np.array(["a", "b"], object), dtype=h5py.string_dtype())
            words.attrs["target"] = data.ref


def write_scatter(path, series=300):
    block = np.random.default_rng(0).normal(size=524_288)
    with h5py.File(path, "w") as file:
        acquisition = file.create_group("acquisition")
        for i in range(series):
            group = acquisition.create_group(f"TimeSeries_{i:03d}")
            group.attrs.update({"namespace": "core", "neurodata_type": "TimeSeries", "object_id": f"{i:036d}",
                                "description": f"desc {i}", "comments": "none"})
            data = group.create_dataset("data", data=block, chunks=(65_536,), maxshape=(None,))
            data.attrs.update({"unit": "volts", "conversion": 1.0, "resolution": -1.0})
            start = group.create_dataset("starting_time", data=0.0)
            start.attrs.update({"rate": 30_000.0, "unit": "seconds"})


def write_contiguous(path, raw_path, samples=5_592_405, channels=384, block_samples=4_096):
    block = recording(np.random.default_rng(0), block_samples, channels)
    with h5py.File(path, "w") as file, open(raw_path, "wb") as raw:
        data = file.create_dataset("acquisition/ElectricalSeries/data", (samples, channels), "<i2")
        for start in range(0, samples, block_samples):
            rows = block[: min(block_samples, samples - start)]
            raw.write(rows.tobytes())
            data[start : start + len(rows)] = rows


def write_many(folder, files=1_000):
    rng = np.random.default_rng(0)
    os.makedirs(folder, exist_ok=True)
    for i in range(files):
        with h5py.File(f"{folder}/f{i:05d}.nc", "w") as file:
            axes = {"time": np.array([float(i)]), "lat": np.linspace(-90, 90, 180), "lon": np.linspace(0, 360, 360)}
            for name, values in axes.items():
                file.create_dataset(name, data=values)
                file[name].make_scale(name)
            file["time"].attrs["units"] = "days since 2000-01-01"
            for v in range(5):
                values = rng.normal(size=(1, 180, 360)).astype("f4").round(1)
                data = file.create_dataset(f"var{v}", data=values, chunks=(1, 45, 90), compression="gzip", compression_opts=1, shuffle=True)
                data.attrs.update({"units": "K", "long_name": f"variable {v}", "_FillValue": np.float32(-999)})
                for axis, name in enumerate(axes):
                    data.dims[axis].attach_scale(file[name])


def write_references(path, chunks=10_000_000, rows=10, columns=40):
    """One variable of time x 720 x 1440, a file a step with rows x columns chunks; written as kerchunk writes (ujson, no spaces)."""
    steps = chunks // (rows * columns)
    rng = np.random.default_rng(0)
    zarray = {"shape": [steps, 720, 1440], "chunks": [1, 720 // rows, 1440 // columns], "dtype": "<f4", "compressor": {"id": "zlib", "level": 4},
              "filters": None, "fill_value": None, "order": "C", "zarr_format": 2}
    head = {".zgroup": json.dumps({"zarr_format": 2}), "temp/.zarray": json.dumps(zarray)}
    with open(path, "w", buffering=1 << 20) as file:
        file.write('{"version":1,"refs":' + json.dumps(head, separators=(",", ":"))[:-1])
        for step in range(steps):
            lengths = rng.integers(4_000, 7_000, rows * columns)
            offsets = 8_192 + np.concatenate(([0], np.cumsum(lengths)[:-1]))
            url = f"s3://noaa-model-archive/v2/daily/temp_{step:06d}.nc"
            file.write("".join(f',"temp/{step}.{i // columns}.{i % columns}":["{url}",{offset},{length}]'
                               for i, (offset, length) in enumerate(zip(offsets.tolist(), lengths.tolist()))))
        file.write("}}")


def write_days(path, days=365, values=20_000):
    """A file a day beside the map, each with one compressed chunk behind a header of 50 kB."""
    rng = np.random.default_rng(0)
    zarray = {"shape": [days, values], "chunks": [1, values], "dtype": "<i2", "compressor": {"id": "zlib", "level": 4}, "filters": None, "fill_value": 0,
              "order": "C", "zarr_format": 2}
    references = {".zgroup": json.dumps({"zarr_format": 2}), "temp/.zarray": json.dumps(zarray)}
    folder = os.path.dirname(path)
    for day in range(days):
        stored = zlib.compress(np.cumsum(rng.integers(-3, 4, values)).astype("<i2").tobytes(), 4)
        name = f"day_{day:03d}.bin"
        with open(os.path.join(folder, name), "wb") as file:
            file.write(bytes(50_000) + stored)
        references[f"temp/{day}.0"] = [name, 50_000, len(stored)]
    with open(path, "w") as file:
        json.dump({"version": 1, "refs": references}, file)


def outputs(what):
    """(path below the folder, writer) of each file of a part."""
    if what == "nwb":
        return [("nwb2000.h5", write_nwb), ("nwb1500.h5", lambda path: write_nwb(path, with_text=False))]
    if what == "scatter":
        return [("nwbscatter.h5", write_scatter)]
    if what == "big":
        return [("big100k.h5", write_big)]
    if what == "idx":
        return [(f"idx_{kind}_{n}.h5", lambda path, n=n, o=options: write_index(path, n, *o))
                for kind, options in INDEX_KINDS.items() for n in INDEX_SIZES]
    if what == "plain":
        return [(f"plain_{codec}.h5", lambda path, codec=codec: write_plain(path, codec)) for codec in ("gzip", "zstd", "raw")]
    if what == "days":
        return [("days.json", write_days)]
    if what == "contig":
        return [("contig4g.h5", lambda path: write_contiguous(path, path.replace("contig4g.h5", "raw4g.bin")))]
    if what == "refs":
        return [("refs10m.json", write_references)]
    if what == "many":
        return [("many", write_many)]
    raise SystemExit(f"unknown part {what}\n{__doc__}")


def generate(folder, parts):
    os.makedirs(folder, exist_ok=True)
    for part in parts:
        for name, write in outputs(part):
            path = os.path.join(folder, name)
            stamp = path + ".done"
            if os.path.exists(stamp):
                continue
            start = time.monotonic()
            write(path)
            open(stamp, "w").close()
            print(f"{name}: {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    generate(sys.argv[1], sys.argv[2:])
