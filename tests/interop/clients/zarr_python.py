"""zarr-python over fsspec's reference file system; version 2 or 3, as the environment has it."""

import fsspec
import protocol
import zarr

VERSION = int(zarr.__version__.split(".")[0])


def open_root(request):
    if VERSION == 2:
        return zarr.open(fsspec.get_mapper("reference://", fo=request["map"]), mode="r")
    return zarr.open(
        "reference://", mode="r", storage_options={"fo": request["map"]}, zarr_format=request.get("zarr_format", 2),
        use_consolidated=False)


def listed(group, prefix=""):
    """Paths of all arrays, as the client's own listing gives them."""
    found = [f"{prefix}{name}" for name in group.array_keys()]
    for name in group.group_keys():
        found += listed(group[name], f"{prefix}{name}/")
    return found


def read_map(request, folder):
    root = open_root(request)
    paths = protocol.array_paths(request["map"])
    index = {"arrays": {}}
    for number, path in enumerate(paths):
        try:
            array = root[path] if path else root
            value = array[protocol.corner(array.shape, array.dtype.itemsize, array.chunks)]
            index["arrays"][path] = protocol.store_array(folder, number, value, array.shape)
        except Exception as error:
            index["arrays"][path] = {"error": protocol.short(error)}
    try:
        missing = set(paths) - set(listed(root)) if hasattr(root, "array_keys") else set()
        if missing:
            index["error"] = f"listing: {len(missing)} arrays are not listed, {sorted(missing)[0]} among them"
    except Exception as error:
        index["error"] = "listing: " + protocol.short(error)
    return index


protocol.serve(read_map)
