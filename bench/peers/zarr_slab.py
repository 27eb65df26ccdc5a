"""zarr-python through a kerchunk map: the same slices."""

import slab_tasks
import timing
import zarr

path, repeats, cold, (dataset, task, references) = timing.arguments()
if zarr.__version__.startswith("2."):
    import fsspec

    group = zarr.open(fsspec.get_mapper("reference://", fo=references), mode="r")
else:
    group = zarr.open("reference://", mode="r", storage_options={"fo": references}, zarr_format=2, use_consolidated=False)
data = group[dataset.strip("/")]
timing.run(lambda: slab_tasks.TASKS[task](data), repeats, cold, slab_tasks.digest)
