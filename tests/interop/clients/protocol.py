"""How a client under test talks with clients_test.py.

Standard input: one JSON request a line, {"map": file, "out": folder, ...}. For each the client writes what it read into
the folder, index.json last, and answers one JSON line {"done": map}. index.json holds {"arrays": {path: entry}}, where an
entry is {"npy": file}, {"values": nested lists} for what NumPy has no plain form for, or {"error": text}; "whole" is
the array's shape, of which a part may have been read. {"error": text} beside or instead of "arrays" where the map as a whole could not be opened or listed.
"""

import base64
import json
import os
import sys
import warnings

import numpy as np

warnings.simplefilter("ignore")
MAX_BYTES = 64 << 20
MAX_CHUNKS = 5_000  # clients take up to 0.1 ms for each


def array_paths(map_file):
    """The arrays that a reference document names, by their metadata keys."""
    with open(map_file) as file:
        document = json.load(file)
    refs = document.get("refs", document)
    found = []
    for key, value in refs.items():
        folder, _, name = key.rpartition("/")
        if name == ".zarray":
            found.append(folder)
        elif name == "zarr.json":
            meta = json.loads(value) if isinstance(value, str) else value
            if meta["node_type"] == "array":
                found.append(folder)
    return found


def corner(shape, itemsize, chunks):
    """All of an array, or its first elements where it is very big or in very many chunks."""
    elements, cells = max(1, MAX_BYTES // max(1, itemsize)), MAX_CHUNKS
    picks = []
    for n, chunk in zip(reversed(shape), reversed(chunks)):
        take = min(n, max(1, elements), cells * chunk)
        elements //= max(1, take)
        cells = max(1, cells // max(1, -(-take // chunk)))
        picks.append(slice(0, take))
    return tuple(reversed(picks))


def plain(value):
    """Anything as JSON; bytes that are text as text."""
    if isinstance(value, np.ndarray):
        return [plain(v) for v in value.tolist()] if value.ndim else plain(value[()])
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, complex):
        return {"real": value.real, "imag": value.imag}
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def short(error):
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def store_array(folder, number, value, shape):
    """An entry of index.json for the values of an array of this shape, or of its corner."""
    value = np.asarray(value)
    if value.dtype.hasobject or value.dtype.kind in "TU":  # a single text comes as str, which NumPy makes a "U" of
        return {"values": plain(value.astype(object)), "shape": list(value.shape), "whole": list(shape)}
    name = f"{number}.npy"
    np.save(os.path.join(folder, name), value, allow_pickle=False)
    return {"npy": name, "whole": list(shape)}


def serve(read_map):
    """Answers requests by `read_map(request, folder)`, which returns what index.json is to hold."""
    for line in sys.stdin:
        request = json.loads(line)
        os.makedirs(request["out"], exist_ok=True)
        try:
            index = read_map(request, request["out"])
        except Exception as error:
            index = {"error": short(error)}
        with open(os.path.join(request["out"], "index.json"), "w") as out:
            json.dump(index, out)
        sys.__stdout__.write(json.dumps({"done": request["map"]}) + "\n")
        sys.__stdout__.flush()
