"""Parts of an uncompressed recording by h5py (an HDF5 file), numpy.memmap (a raw file) or zarr (a kerchunk map), through a handle
that is open. Arguments: h5py|memmap|zarr, dataset, task."""

import numpy as np
import partial_tasks
import slab_tasks
import timing

path, repeats, cold, (reader, dataset, task) = timing.arguments()
if reader == "h5py":
    import h5py

    data = h5py.File(path, "r")[dataset]
elif reader == "memmap":
    data = np.memmap(path, "<i2", "r").reshape(-1, 384)
else:
    import fsspec
    import zarr

    files = fsspec.filesystem("reference", fo=path, asynchronous=True)
    data = zarr.open_group(zarr.storage.FsspecStore(files, read_only=True), mode="r", zarr_format=2)[dataset.strip("/")]
timing.run(lambda: partial_tasks.TASKS[task](data), repeats, cold, slab_tasks.digest)
