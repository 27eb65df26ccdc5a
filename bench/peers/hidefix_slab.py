"""hidefix: the same slices, its index made anew for each run."""

import hidefix
import slab_tasks
import timing

path, repeats, cold, (dataset, task) = timing.arguments()


def action():
    data = hidefix.Index(path).dataset(dataset)
    if task == "slab":
        return data[0 : slab_tasks.ROWS, 0 : slab_tasks.CHANNELS]
    return data[0 : slab_tasks.ROWS, slab_tasks.CHANNEL : slab_tasks.CHANNEL + 1]


timing.run(action, repeats, cold, slab_tasks.digest)
