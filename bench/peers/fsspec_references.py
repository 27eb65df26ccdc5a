"""fsspec's ReferenceFileSystem: a kerchunk map opened anew for each run, then 1,000 references looked up in it. The argument
"lookups" leaves the opening out. (No remote file is opened: the references are taken from the open map.)"""

import fsspec
import timing
from fsspec.implementations.reference import ReferenceFileSystem

path, repeats, cold, (array, *what) = timing.arguments()


def open_map():
    memory = fsspec.filesystem("memory")
    return ReferenceFileSystem(fo=path, fs={None: memory, "s3": memory}, skip_instance_cache=True)


def look_up(references, grid=(25_000, 10, 40)):
    state, offsets, lengths = 1, 0, 0
    for _ in range(1_000):
        place = []
        for length in grid:
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            place.append(str((state >> 33) % length))
        _, offset, size = references.references[f"{array.strip('/')}/{'.'.join(place)}"]
        offsets, lengths = offsets + offset, lengths + size
    return [offsets, lengths]


if what:
    opened = open_map()
    timing.run(lambda: look_up(opened), repeats, cold)
else:
    timing.run(lambda: look_up(open_map()), repeats, cold)
