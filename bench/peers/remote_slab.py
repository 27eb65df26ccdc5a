"""Reads a slice over HTTP: zarr-python through a kerchunk map, or h5py over fsspec or remfile.

remote_slab.py URL REPEATS warm TOOL DATASET MAP ROWS COLUMNS [IN_FLIGHT]"""

import slab_tasks
import timing

path, repeats, _, (tool, dataset, references, rows, columns, *in_flight) = timing.arguments()
part = tuple(slice(*map(int, text.split(":"))) for text in (rows, columns))


def through_map():
    import zarr

    if in_flight:
        zarr.config.set({"async.concurrency": int(in_flight[0])})
    group = zarr.open("reference://", mode="r", storage_options={"fo": references, "remote_protocol": "http", "remote_options": {"asynchronous": True}, "asynchronous": True}, zarr_format=2, use_consolidated=False)
    data = group[dataset.strip("/")]
    return lambda: data[part]


def through_h5py(remote):
    import h5py

    with h5py.File(remote(), "r") as file:
        return file[dataset][part]


def fsspec_file():
    import fsspec

    return fsspec.open(path).open()


def remfile_file():
    import remfile

    return remfile.File(path)


if tool == "zarr":
    action = through_map()
else:
    action = lambda: through_h5py(fsspec_file if tool == "fsspec" else remfile_file)
timing.run(action, repeats, None, slab_tasks.digest, budget=60)
