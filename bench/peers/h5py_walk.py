"""h5py: every object, every attribute's value, every dataset's shape, type and chunk places."""

import h5py
import timing

path, repeats, cold, _ = timing.arguments()


def action():
    counts = [0, 0, 0]

    def visit(name, node):
        counts[0] += 1
        for attribute in node.attrs:
            node.attrs[attribute]
            counts[1] += 1
        if isinstance(node, h5py.Dataset):
            node.shape, node.dtype
            if node.chunks:
                node.id.chunk_iter(lambda chunk: counts.__setitem__(2, counts[2] + 1))
            else:
                node.id.get_offset()

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return counts


timing.run(action, repeats, cold)
