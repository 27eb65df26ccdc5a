"""PyNWB on a file, and PyNWB through LINDI on rutter's map of it: the same objects with the same values?

index.json holds {"verdict", "reason", "objects", "values"}; the verdict is "equal", "different", "failed",
"PyNWB cannot open the file itself", or "LINDI's own map fails too" (the reason then is LINDI's). "cannot" lists what LINDI
could not give of single fields, while all the others were compared.
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
        return value if value.ndim and value.dtype.kind in "biufc" else plain(value.tolist(), depth + 1)
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
        except TypeError:
            return rows(value, depth)
    if value is None or isinstance(value, (str, int, float, bool, complex)):
        return value
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "__len__") and hasattr(value, "__getitem__"):
        return [plain(value[i], depth + 1) for i in range(len(value))]
    return type(value).__name__


def rows(value, depth):
    """The elements of what takes no slice. LINDI's compound datasets take the name of a member and nothing else."""
    if isinstance(value, lindi.LindiH5pyDataset) and value.dtype.names:
        columns = [value[name] for name in value.dtype.names]
        return [[plain(column[i], depth + 1) for column in columns] for i in range(len(value))]
    return [plain(value[i], depth + 1) for i in range(len(value))]


def same(a, b):
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype.kind == b.dtype.kind and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return same(*(x.tolist() if isinstance(x, np.ndarray) else x for x in (a, b)))
    if isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b):
        return True
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return type(a) is type(b) and a == b


def count(value):
    if isinstance(value, np.ndarray):
        return value.size
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
    """(objects, values) compared and what LINDI could not give; raises Different. `again` is the file read a second time: where the file itself gives no
    object ids, as before NWB 2.1, PyNWB makes new ones each time, and they cannot be compared."""
    a, b = by_place(direct), by_place(mapped)
    if a.keys() != b.keys():
        raise Different(f"objects missing {sorted(a.keys() - b.keys())[:3]}, too many {sorted(b.keys() - a.keys())[:3]}")
    own, second, other = ids(a), ids(by_place(again)), ids(b)
    for where in own:
        if own[where] == second[where] != other[where]:
            raise Different(f"object_id of {where} is {other[where]}, expected {own[where]}")
    values, cannot = 0, set()
    for where, one in a.items():
        mine, theirs = fields(one), fields(b[where])
        if mine.keys() != theirs.keys():
            raise Different(f"{where}: fields {sorted(mine.keys() ^ theirs.keys())} differ")
        for field in mine:
            expected = plain(mine[field])
            try:
                actual = plain(theirs[field])
            except TypeError as error:
                cannot.add(protocol.short(error))
                continue
            if not same(expected, actual):
                raise Different(f"{where}.{field}: {str(actual)[:100]}, expected {str(expected)[:100]}")
            values += count(expected)
    return len(a), values, sorted(cannot)


def through_lindi(path, lindi_file):
    with open_direct(path) as io, open_direct(path) as second, open_lindi(lindi_file) as mapped:
        return compare(io.read(), second.read(), mapped.read())


def attempt(path, make_file):
    """What index.json is to hold."""
    try:
        objects, values, cannot = through_lindi(path, make_file())
        return {"verdict": "equal", "objects": objects, "values": values, "cannot": cannot}
    except Different as different:
        return {"verdict": "different", "reason": str(different)}
    except Exception as error:
        return {"verdict": "failed", "reason": protocol.short(error)}


def read_map(request, folder):
    path = request["file"]
    try:
        with open_direct(path) as io, open_direct(path) as second:
            nwbfile = io.read()
            compare(nwbfile, second.read(), nwbfile)
    except Exception as error:
        return {"verdict": "PyNWB cannot open the file itself", "reason": protocol.short(error)}
    found = attempt(path, lambda: lindi.LindiH5pyFile.from_lindi_file(request["map"]))
    if found["verdict"] != "equal":
        own = attempt(path, lambda: lindi.LindiH5pyFile.from_hdf5_file(path))
        if own["verdict"] != "equal":
            return {"verdict": "LINDI's own map fails too", "reason": f"{own['reason']} (with rutter's: {found['reason']})"}
    return found


protocol.serve(read_map)
