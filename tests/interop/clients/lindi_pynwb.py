"""PyNWB on a file, and PyNWB through LINDI on rutter's map of it: the same objects with the same values?

index.json holds {"verdict", "reason", "objects", "values"}; the verdict is "equal", "different", "failed",
"PyNWB cannot open the file itself", or "LINDI's own map fails too" (the reason then is LINDI's).
"""

import math

import h5py
import hdmf.build
import hdmf.container
import lindi
import numpy as np
import protocol
import pynwb


class Different(Exception):
    pass


def open_direct(path):
    return pynwb.NWBHDF5IO(path, mode="r", load_namespaces=True)


def open_lindi(file):
    return pynwb.NWBHDF5IO(file=file, mode="r", load_namespaces=True)


def place(container):
    """Where a container stands: the names from the root down, and its type."""
    names, at = [], container
    while at is not None:
        names.append(at.name)
        at = at.parent
    return "/".join(reversed(names)) + " " + type(container).__name__


def plain(value, depth=0):
    """A field's value as lists, numbers, text; objects by their place."""
    if isinstance(value, hdmf.container.AbstractContainer):
        return {"object": place(value)}
    if isinstance(value, hdmf.build.Builder):
        return {"builder": value.name}
    if depth > 12:
        return "deep"
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, np.generic):
        return plain(value.item(), depth + 1) if not isinstance(value, np.void) else plain(list(value), depth + 1)
    if isinstance(value, np.ndarray):
        if value.dtype.names:
            return [plain(v, depth + 1) for v in value.tolist()] if value.ndim else plain(list(value[()]), depth + 1)
        return plain(value.tolist(), depth + 1)
    if isinstance(value, (h5py.Reference, h5py.RegionReference)) or type(value).__name__ == "LindiH5pyReference":
        return "reference"
    if isinstance(value, dict) or hasattr(value, "items") and hasattr(value, "keys"):
        return {str(k): plain(v, depth + 1) for k, v in sorted(value.items())}
    if isinstance(value, (set, frozenset)):
        return sorted((plain(v, depth + 1) for v in value), key=repr)
    if isinstance(value, (list, tuple)):
        return [plain(v, depth + 1) for v in value]
    if hasattr(value, "shape") and hasattr(value, "__getitem__"):
        try:
            return plain(value[()] if value.shape == () else value[:], depth + 1)
        except TypeError:  # LINDI's compound datasets take no slice
            return [plain(value[i], depth + 1) for i in range(len(value))]
    if value is None or isinstance(value, (str, int, float, bool, complex)):
        return value
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "__len__") and hasattr(value, "__getitem__"):
        return [plain(value[i], depth + 1) for i in range(len(value))]
    return type(value).__name__


def same(a, b):
    if isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b):
        return True
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return type(a) is type(b) and a == b


def count(value):
    return sum(map(count, value)) if isinstance(value, list) else 1


def fields(container):
    found = dict(container.fields)
    if isinstance(container, hdmf.container.Data):
        found["data"] = container.data
    return found


def by_place(nwbfile):
    return {place(c): c for c in nwbfile.objects.values()}


def ids(objects):
    return {where: c.object_id for where, c in objects.items()}


def compare(direct, again, mapped):
    """(objects, values) compared; raises Different. `again` is the file read a second time: where the file itself gives no
    object ids, as before NWB 2.1, PyNWB makes new ones each time, and they cannot be compared."""
    a, b = by_place(direct), by_place(mapped)
    if a.keys() != b.keys():
        raise Different(f"objects missing {sorted(a.keys() - b.keys())[:3]}, too many {sorted(b.keys() - a.keys())[:3]}")
    own, second, other = ids(a), ids(by_place(again)), ids(b)
    for where in own:
        if own[where] == second[where] != other[where]:
            raise Different(f"object_id of {where} is {other[where]}, expected {own[where]}")
    values = 0
    for where, one in a.items():
        mine, theirs = fields(one), fields(b[where])
        if mine.keys() != theirs.keys():
            raise Different(f"{where}: fields {sorted(mine.keys() ^ theirs.keys())} differ")
        for field in mine:
            expected, actual = plain(mine[field]), plain(theirs[field])
            if not same(expected, actual):
                raise Different(f"{where}.{field}: {str(actual)[:100]}, expected {str(expected)[:100]}")
            values += count(expected)
    return len(a), values


def through_lindi(path, lindi_file):
    with open_direct(path) as io, open_direct(path) as second, open_lindi(lindi_file) as mapped:
        return compare(io.read(), second.read(), mapped.read())


def attempt(path, make_file):
    """(verdict, reason, objects, values)."""
    try:
        objects, values = through_lindi(path, make_file())
        return "equal", "", objects, values
    except Different as different:
        return "different", str(different), 0, 0
    except Exception as error:
        return "failed", protocol.short(error), 0, 0


def read_map(request, folder):
    path = request["file"]
    try:
        with open_direct(path) as io, open_direct(path) as second:
            nwbfile = io.read()
            compare(nwbfile, second.read(), nwbfile)
    except Exception as error:
        return {"verdict": "PyNWB cannot open the file itself", "reason": protocol.short(error)}
    verdict, reason, objects, values = attempt(path, lambda: lindi.LindiH5pyFile.from_lindi_file(request["map"]))
    if verdict in ("failed", "different"):
        own, own_reason, _, _ = attempt(path, lambda: lindi.LindiH5pyFile.from_hdf5_file(path))
        if own != "equal":
            return {"verdict": "LINDI's own map fails too", "reason": f"{own_reason} (with rutter's: {reason})"}
    return {"verdict": verdict, "reason": reason, "objects": objects, "values": values}


protocol.serve(read_map)
