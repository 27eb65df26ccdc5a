"""xarray: every group of the map as a dataset.

The root by the engine "kerchunk". Groups below it by the engine "zarr" at "reference://GROUP", because zarr-python
3.1.6 lists nothing in a group below the root of a reference file system (FsspecStore.list_dir looks for "/GROUP/").
"""

import collections

import protocol
import xarray


def open_group(map_file, group, **options):
    if not group:
        return xarray.open_dataset(map_file, engine="kerchunk", **options)
    return xarray.open_dataset(
        f"reference://{group}", engine="zarr", consolidated=False, zarr_format=2, storage_options={"fo": map_file}, **options)


def read_map(request, folder):
    groups = collections.defaultdict(list)
    for path in protocol.array_paths(request["map"]):
        group, _, name = path.rpartition("/")
        groups[group].append(name)
    index, number = {"arrays": {}}, 0
    for group, names in groups.items():
        try:
            # As a user opens it, with all decoding; the values are compared without.
            open_group(request["map"], group).close()
            decoded = None
        except Exception as error:
            decoded = protocol.short(error)
        try:
            dataset = open_group(request["map"], group, mask_and_scale=False, decode_cf=False)
        except Exception as error:
            for name in names:
                index["arrays"][f"{group}/{name}" if group else name] = {"error": "group: " + protocol.short(error)}
            continue
        for name in names:
            path, number = f"{group}/{name}" if group else name, number + 1
            try:
                variable = dataset[name].variable
                value = variable[protocol.corner(variable.shape, variable.dtype.itemsize)].values
                index["arrays"][path] = protocol.store_array(folder, number, value)
                if decoded:
                    index["arrays"][path]["decoding"] = decoded
            except Exception as error:
                index["arrays"][path] = {"error": protocol.short(error)}
    return index


protocol.serve(read_map)
