"""h5py: Dataset.id.chunk_iter of one dataset into columns."""

import h5py
import numpy as np
import timing

path, repeats, cold, (dataset,) = timing.arguments()


def action():
    offsets, sizes = [], []

    def note(chunk):
        offsets.append(chunk.byte_offset)
        sizes.append(chunk.size)

    with h5py.File(path, "r") as file:
        file[dataset].id.chunk_iter(note)
    offsets, sizes = np.array(offsets, "u8"), np.array(sizes, "u8")
    return [len(offsets), int(offsets.sum()), int(sizes.sum())]


timing.run(action, repeats, cold)
