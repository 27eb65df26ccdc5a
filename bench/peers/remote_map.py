"""Maps a remote HDF5 file, or reads all that a map of it needs: kerchunk, or h5py over fsspec or remfile.

remote_map.py URL REPEATS warm TOOL OUT"""

import h5py
import timing
import ujson

path, repeats, _, (tool, out) = timing.arguments()


def kerchunk():
    from kerchunk.hdf import SingleHdf5ToZarr

    references = SingleHdf5ToZarr(path, path, inline_threshold=0, vlen_encode="embed").translate()
    with open(out, "w") as file:
        ujson.dump(references, file)
    return len(references["refs"])


def virtualizarr():
    from obspec_utils.registry import ObjectStoreRegistry
    from obstore.store import HTTPStore
    from virtualizarr.parsers import HDFParser

    origin = path[: path.rindex("/")]
    store = HDFParser()(url=path, registry=ObjectStoreRegistry({origin: HTTPStore.from_url(origin, client_options={"allow_http": True})}))
    arrays, groups = 0, [store._group]
    while groups:
        group = groups.pop()
        arrays += len(group.arrays)
        groups += group.groups.values()
    return arrays


def walk(remote):
    chunks = 0

    def visit(_, node):
        nonlocal chunks
        dict(node.attrs)
        if isinstance(node, h5py.Dataset) and node.chunks:
            def count(_):
                nonlocal chunks
                chunks += 1
            node.id.chunk_iter(count)

    with h5py.File(remote, "r") as file:
        file.visititems(visit)
    return chunks


def fsspec_file():
    import fsspec

    with fsspec.open(path) as remote:
        return walk(remote)


def remfile_file():
    import remfile

    return walk(remfile.File(path))


ACTIONS = {"kerchunk": kerchunk, "virtualizarr": virtualizarr, "fsspec": fsspec_file, "remfile": remfile_file}
timing.run(ACTIONS[tool], repeats, budget=60, output=out if tool == "kerchunk" else None)
