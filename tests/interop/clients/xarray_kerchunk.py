"""xarray: every group of the map as a dataset.

The root by the engine "kerchunk". Groups below it by the engine "zarr" at "reference://GROUP", because zarr-python
3.1.6 lists nothing in a group below the root of a reference file system (FsspecStore.list_dir looks for "/GROUP/").
"""

import collections
import json

import protocol
import xarray


# Coordinates of more bytes are not opened as indexes: xarray reads them whole.
MAX_INDEX_BYTES = 1 << 30


def open_group(map_file, group, **options):
    if not group and "create_default_indexes" not in options:
        # Options for decoding that stand beside open_dataset_options do not all reach the store.
        return xarray.open_dataset(map_file, engine="kerchunk", open_dataset_options=options)
    return xarray.open_dataset(
        f"reference://{group}", engine="zarr", consolidated=False, zarr_format=2, storage_options={"fo": map_file}, **options)


def immense_coordinate(refs, group, names):
    """The name of an array that is the coordinate of its own dimension and too large to be read whole, or None."""
    for name in names:
        path = f"{group}/{name}" if group else name
        meta = json.loads(refs[path + "/.zarray"])
        own = json.loads(refs[path + "/.zattrs"])["_ARRAY_DIMENSIONS"] == [name]
        if own and meta["shape"][0] * 8 > MAX_INDEX_BYTES:
            return name
    return None


def read_map(request, folder):
    with open(request["map"]) as file:
        refs = json.load(file)["refs"]
    groups = collections.defaultdict(list)
    for path in protocol.array_paths(request["map"]):
        group, _, name = path.rpartition("/")
        groups[group].append(name)
    index, number = {"arrays": {}}, 0
    for group, names in groups.items():
        immense = immense_coordinate(refs, group, names)
        try:
            dataset = open_group(request["map"], group, decode_cf=False, **({"create_default_indexes": False} if immense else {}))
        except Exception as error:
            for name in names:
                index["arrays"][f"{group}/{name}" if group else name] = {"error": "group: " + protocol.short(error)}
            continue
        try:
            # As a user sees it, with all decoding; the values are compared without.
            if immense:
                index["error"] = f"not tried: the coordinate {immense} is immense"
            else:
                xarray.decode_cf(dataset)
            decoded = None
        except Exception as error:
            decoded = protocol.short(error)
        for name in names:
            path, number = f"{group}/{name}" if group else name, number + 1
            try:
                variable = dataset[name].variable
                chunks = variable.encoding.get("chunks") or variable.shape
                value = variable[protocol.corner(variable.shape, variable.dtype.itemsize, chunks)].values
                index["arrays"][path] = protocol.store_array(folder, number, value, variable.shape)
                if decoded:
                    index["arrays"][path]["decoding"] = decoded
            except Exception as error:
                index["arrays"][path] = {"error": protocol.short(error)}
    return index


protocol.serve(read_map)
