"""h5py: slices of one dataset, opened anew for each run. The arguments behind the dataset are "slab", "channel" or "scalars",
and "again" for one handle over all runs, whose cache of decoded chunks (8 MiB) is then full."""

import h5py
import slab_tasks
import timing

path, repeats, cold, (dataset, task, *again) = timing.arguments()


def open_and_read():
    with h5py.File(path, "r") as file:
        return slab_tasks.TASKS[task](file[dataset])


if again:
    with h5py.File(path, "r") as file:
        data = file[dataset]
        timing.run(lambda: slab_tasks.TASKS[task](data), repeats, cold, slab_tasks.digest)
else:
    timing.run(open_and_read, repeats, cold, slab_tasks.digest)
