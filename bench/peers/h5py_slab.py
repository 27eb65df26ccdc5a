"""h5py: slices of one dataset. The last argument is "slab", "channel" or "scalars"."""

import h5py
import slab_tasks
import timing

path, repeats, cold, (dataset, task) = timing.arguments()
with h5py.File(path, "r") as file:
    data = file[dataset]
    timing.run(lambda: slab_tasks.TASKS[task](data), repeats, cold, slab_tasks.digest)
