"""Equality of values: an array of NumPy's against another, or against the JSON that rutter prints.

Every function returns None where the two are equal, else a short sentence that says how they differ.
"""

import base64
import math

import h5py
import numpy as np

import hdf5_oracle as oracle


def differs(message, where=""):
    return f"{message}{' at ' + where if where else ''}"


# ---- arrays -----------------------------------------------------------------------------------------------------------


def arrays(expected, actual, where=""):
    """`expected` is h5py's, `actual` rutter's .npy. Byte order does not count; widths, names and bits do."""
    expected, actual = np.asarray(expected), np.asarray(actual)
    if expected.shape != actual.shape:
        return differs(f"shape {actual.shape}, expected {expected.shape}", where)
    if expected.dtype.names is not None:
        if actual.dtype.kind == "c" and expected.dtype.names == ("real", "imag"):
            # MATLAB and Julia write complex numbers so; h5py knows them by the names "r" and "i" only.
            parts = actual.reshape(-1).view(f"f{actual.dtype.itemsize // 2}")
            return arrays(expected["real"], parts[0::2].reshape(actual.shape), f"{where}.real") or arrays(
                expected["imag"], parts[1::2].reshape(actual.shape), f"{where}.imag")
        if actual.dtype.names is None:
            return differs(f"dtype {actual.dtype}, expected {expected.dtype}", where)
        if expected.dtype.names != actual.dtype.names:
            return differs(f"fields {actual.dtype.names}, expected {expected.dtype.names}", where)
        for name in expected.dtype.names:
            problem = arrays(expected[name], actual[name], f"{where}.{name}")
            if problem:
                return problem
        return None
    if expected.dtype.kind == "O":
        return differs("no NumPy form was expected", where)
    if expected.dtype.kind == "b" and actual.dtype.kind in "iu" and actual.dtype.itemsize == 1:
        expected = expected.view("i1")  # h5py shows the boolean enumeration as bool, rutter its base integers
        actual = actual.view("i1")
    if expected.dtype.kind in "Mm":
        expected, actual = (a.view(f"V{a.dtype.itemsize}") for a in (expected, actual))
    if expected.dtype.kind == "S" and expected.ndim == 0 and actual.dtype.kind == "S":
        expected = expected.astype(actual.dtype)  # a scalar of h5py's has lost its padding
    if expected.dtype.kind in "SU":
        return _strings(expected, actual, where)
    if expected.dtype.kind == "V":
        if actual.dtype.itemsize != expected.dtype.itemsize:
            return differs(f"{actual.dtype}, expected {expected.dtype}", where)
        return None if expected.tobytes() == actual.tobytes() else differs("bytes differ", where)
    return _numbers(expected, actual, where)


def npy(expected, path):
    """`expected` against a .npy file."""
    try:
        return arrays(expected, np.load(path, allow_pickle=False))
    except ValueError as error:
        return f"NumPy cannot load the .npy: {error}"


def _strings(expected, actual, where):
    if actual.dtype.kind != expected.dtype.kind:
        return differs(f"dtype {actual.dtype}, expected {expected.dtype}", where)
    if actual.dtype.itemsize != expected.dtype.itemsize:
        return differs(f"dtype {actual.dtype}, expected {expected.dtype}", where)
    unequal = np.flatnonzero((expected != actual).ravel())
    if len(unequal) == 0:
        return None
    i = unequal[0]
    return differs(f"element {i} is {actual.ravel()[i]!r}, expected {expected.ravel()[i]!r}", where)


def _numbers(expected, actual, where):
    if expected.dtype.kind == "f" and expected.dtype.itemsize > 8:
        with np.errstate(all="ignore"):
            expected = expected.astype("f8")  # long double: rutter gives the nearest double
    if expected.dtype.kind == "c" and expected.dtype.itemsize > 16:
        with np.errstate(all="ignore"):
            expected = expected.astype("c16")
    if (expected.dtype.kind, expected.dtype.itemsize) != (actual.dtype.kind, actual.dtype.itemsize):
        # A float of odd precision has several fair widths; then the values decide.
        if not (expected.dtype.kind == actual.dtype.kind == "f"):
            return differs(f"dtype {actual.dtype}, expected {expected.dtype}", where)
        expected, actual = expected.astype("f8"), actual.astype("f8")
    expected = np.ascontiguousarray(expected).astype(expected.dtype.newbyteorder("="), copy=False)
    actual = np.ascontiguousarray(actual).astype(actual.dtype.newbyteorder("="), copy=False)
    if expected.tobytes() == actual.tobytes():
        return None
    if expected.dtype.kind in "fc":
        part = "f4" if expected.dtype.itemsize in (4, 8) and expected.dtype.kind == "c" and expected.dtype.itemsize == 8 else None
        if expected.dtype.kind == "c":
            part = part or "f8"
            expected, actual = expected.reshape(-1).view(part), actual.reshape(-1).view(part)
        bits = {2: "u2", 4: "u4", 8: "u8"}[expected.dtype.itemsize]
        same = (expected.view(bits) == actual.view(bits)) if expected.ndim else np.array(expected.tobytes() == actual.tobytes())
        same = same | (np.isnan(expected) & np.isnan(actual))
    else:
        same = expected == actual
    unequal = np.flatnonzero(~np.atleast_1d(same).ravel())
    if len(unequal) == 0:
        return None
    i = unequal[0]
    return differs(
        f"{len(unequal)} of {expected.size} elements differ, first {i}: {actual.ravel()[i]!r}, expected {expected.ravel()[i]!r}", where
    )


# ---- JSON -------------------------------------------------------------------------------------------------------------


class Resolver:
    """Turns what h5py holds for a reference into something to compare with a path."""

    def __init__(self, file):
        self.file = file

    def same_object(self, reference, path):
        target = self.file[reference]
        try:
            other = self.file[path.encode("utf-8", "surrogateescape")]
        except (KeyError, ValueError):
            return False
        return oracle.identity(target.id) == oracle.identity(other.id)

    def is_broken(self, path):
        """True where there is a hard link of this name whose object h5py cannot open."""
        name = path.encode("utf-8", "surrogateescape")
        if not isinstance(self.file.get(name, getlink=True), h5py.HardLink):
            return False
        try:
            self.file[name]
        except (KeyError, ValueError, RuntimeError, OSError):
            return True
        return False


def json_number(value):
    """A JSON number, or one of the three words, as float."""
    if isinstance(value, str):
        return {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}.get(value)
    if isinstance(value, bool):
        return float(value)
    return value if isinstance(value, (int, float)) else None


def json_bytes(value):
    """Text as bytes: a JSON string, or {"base64": ...} where the text is no UTF-8."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, dict) and set(value) == {"base64"}:
        return base64.b64decode(value["base64"])
    return None


def values(expected, actual, resolver, where=""):
    """`expected` is one value of h5py's (scalar, array, bytes, str, Empty ...), `actual` rutter's JSON."""
    if isinstance(expected, h5py.Empty):
        return None if actual is None else differs("a null dataspace has no value", where)
    if isinstance(expected, np.ndarray):
        return _nested(expected, actual, resolver, where)
    return _scalar(expected, actual, resolver, where)


def _nested(expected, actual, resolver, where):
    if expected.ndim == 0:
        return _scalar(expected[()], actual, resolver, where)
    if not isinstance(actual, list):
        return differs(f"a list of {expected.shape[0]} was expected, found {str(actual)[:60]}", where)
    if len(actual) != expected.shape[0]:
        return differs(f"{len(actual)} elements, expected {expected.shape[0]}", where)
    for i, (e, a) in enumerate(zip(expected, actual)):
        problem = values(e, a, resolver, f"{where}[{i}]")
        if problem:
            return problem
    return None


def _scalar(expected, actual, resolver, where):
    if isinstance(expected, h5py.RegionReference):
        return _region(expected, actual, resolver, where)
    if isinstance(expected, h5py.Reference):
        return _reference(expected, actual, resolver, where)
    if isinstance(expected, np.ndarray):  # a variable-length sequence, or an array type
        return _nested(expected, actual, resolver, where)
    if isinstance(expected, np.void) and expected.dtype.names:
        return _compound(expected, actual, resolver, where)
    if isinstance(expected, np.void):
        data = _opaque(actual)
        return None if data == expected.tobytes() else differs("opaque bytes differ", where)
    if isinstance(expected, (np.datetime64, np.timedelta64)):
        return None if _opaque(actual) == expected.tobytes() else differs("opaque bytes differ", where)
    if isinstance(expected, str):
        expected = expected.encode("utf-8", "surrogateescape")
    if isinstance(expected, bytes):  # np.bytes_ too
        found = json_bytes(actual)
        if found is None:
            return differs(f"text was expected, found {str(actual)[:60]}", where)
        expected = bytes(expected).rstrip(b"\0") if isinstance(expected, np.bytes_) else expected
        if found == expected:
            return None
        near = max(0, next((i for i, (a, b) in enumerate(zip(found, expected)) if a != b), min(len(found), len(expected))) - 20)
        return differs(f"text {found[near:near + 60]!r}, expected {expected[near:near + 60]!r} from byte {near}", where)
    if isinstance(expected, (complex, np.complexfloating)):
        if not isinstance(actual, dict) or set(actual) != {"real", "imag"}:
            return differs(f"a complex number was expected, found {str(actual)[:60]}", where)
        part = np.float32 if expected.dtype == np.complex64 else np.float64
        return _float(part(expected.real), actual["real"], where) or _float(part(expected.imag), actual["imag"], where)
    if isinstance(expected, (bool, np.bool_)):
        # rutter gives the number of an enumeration, whatever it is, where h5py sees a boolean
        return None if isinstance(actual, int) and bool(actual) == bool(expected) else differs(f"{actual}, expected {expected}", where)
    if isinstance(expected, (int, np.integer)):
        if isinstance(actual, float) or isinstance(actual, str):
            return differs(f"an integer was expected, found {actual!r}", where)
        return None if actual == int(expected) else differs(f"{actual}, expected {expected}", where)
    if isinstance(expected, (float, np.floating)):
        return _float(expected, actual, where)
    if expected is None:  # a null object pointer in an object array
        return None if actual is None or actual == [] or actual == "" else differs(f"{actual!r}, expected null", where)
    return differs(f"the suite does not know {type(expected).__name__}", where)


def _float(expected, actual, where):
    number = json_number(actual)
    if number is None:
        return differs(f"a number was expected, found {str(actual)[:60]}", where)
    kind = np.float64 if isinstance(expected, np.longdouble) and np.dtype(np.longdouble).itemsize > 8 else type(expected)
    with np.errstate(over="ignore"):
        number = kind(number)
        expected = kind(expected)
    if math.isnan(expected):
        return None if math.isnan(number) else differs(f"{actual}, expected NaN", where)
    if number == expected and math.copysign(1, number) == math.copysign(1, expected):
        return None
    return differs(f"{actual}, expected {expected!r}", where)


def _opaque(actual):
    try:
        if isinstance(actual, dict) and set(actual) == {"base64"}:
            return base64.b64decode(actual["base64"])
        return base64.b64decode(actual, validate=True)
    except (ValueError, TypeError):
        return None


def _compound(expected, actual, resolver, where):
    names = expected.dtype.names
    if not isinstance(actual, dict) or list(actual) != list(names):
        return differs(f"a record of {names} was expected, found {str(actual)[:80]}", where)
    for name in names:
        problem = values(expected[name], actual[name], resolver, f"{where}.{name}")
        if problem:
            return problem
    return None


def _reference(expected, actual, resolver, where):
    if not expected:
        return None if actual is None else differs(f"{str(actual)[:60]}, expected a null reference", where)
    try:
        resolver.file[expected]
    except (ValueError, KeyError, RuntimeError):
        # Dangling: h5py cannot follow it; rutter must not name an object, but one that h5py cannot open by its name either.
        path = actual.get("path") if isinstance(actual, dict) else None
        return None if not path or resolver.is_broken(path) else differs(f"{actual} for a dangling reference", where)
    if resolver.file[expected].name is None and isinstance(actual, dict) and actual.get("path") is None:
        return None  # an object without a name: it was unlinked
    if not isinstance(actual, dict) or not actual.get("path"):
        return differs(f"{str(actual)[:60]}, expected a reference to {resolver.file[expected].name}", where)
    if resolver.same_object(expected, actual["path"]):
        return None
    return differs(f"reference to {actual['path']}, expected {resolver.file[expected].name}", where)


def _region(expected, actual, resolver, where):
    problem = _reference(expected, actual, resolver, where)
    if problem or not expected or actual is None or not isinstance(actual, dict) or "selection" not in actual:
        if not problem and expected and isinstance(actual, dict) and actual.get("path") and "selection" not in actual:
            return differs("a region reference without its selection", where)
        return problem
    try:
        dataset = resolver.file[expected]
    except (ValueError, KeyError, RuntimeError):
        return None  # dangling, and so said
    mine = region_elements(actual["selection"], dataset.shape)
    kind, corners = oracle.region_selection(resolver.file, expected)
    theirs = corners_to_elements(kind, corners, dataset.shape)
    return None if mine == theirs else differs(f"selection {actual['selection']}, expected {kind} {corners[:4]}", where)


def corners_to_elements(kind, corners, shape):
    """Which elements are selected, as the bytes of a mask."""
    mask = np.zeros(shape, bool)
    if kind == "all":
        mask[...] = True
    elif kind == "points":
        for point in corners:
            mask[point] = True
    elif kind == "blocks":
        for low, high in corners:
            mask[tuple(slice(a, b + 1) for a, b in zip(low, high))] = True
    return mask.tobytes()


def region_elements(selection, shape):
    """The same of rutter's JSON selection: "all", "none", {"points"}, {"boxes"} or a regular hyperslab."""
    mask = np.zeros(shape, bool)
    if selection == "all":
        mask[...] = True
    elif selection == "none":
        pass
    elif "points" in selection:
        for point in selection["points"]:
            mask[tuple(point)] = True
    elif "boxes" in selection:
        for box in selection["boxes"]:
            mask[tuple(slice(a, a + n) for a, n in zip(box["start"], box["shape"]))] = True
    else:
        axes = zip(selection["start"], selection["stride"], selection["count"], selection["block"])
        mask[np.ix_(*[[start + i * stride + j for i in range(count) for j in range(block)] for start, stride, count, block in axes])] = True
    return mask.tobytes()
