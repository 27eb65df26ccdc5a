"""Do two maps say the same? Used before any time is believed."""

import base64
import json

import h5py
import numcodecs
import ujson


def load(path):
    with open(path) as file:
        document = ujson.load(file)
    return document["refs"] if "refs" in document else document


def raw_bytes(value, file):
    """What a reference stands for."""
    if isinstance(value, list):
        file.seek(value[1])
        return file.read(value[2])
    return base64.b64decode(value[7:]) if value.startswith("base64:") else value.encode()


def metadata(refs, path):
    value = refs[path + "/.zarray"]
    return value if isinstance(value, dict) else json.loads(value)


def references(mine, theirs, prefix, limit=3):
    """Yields differences of the references below `prefix` in two big maps: [url, offset, length] must be equal."""
    mine, theirs = load(mine), load(theirs)

    def is_chunk(key):
        return key.startswith(prefix) and not key[len(prefix) :].startswith(".z")

    ours = {k for k in mine if is_chunk(k)}
    peers = {k for k in theirs if is_chunk(k)}
    if ours != peers:
        yield f"{len(ours)} chunk keys, kerchunk has {len(peers)}"
        return
    bad = [k for k in ours if mine[k][1:] != theirs[k][1:]]
    for key in bad[:limit]:
        yield f"{key}: {mine[key]}, kerchunk {theirs[key]}"


def maps(mine, theirs, path):
    """Yields differences of two maps of small arrays: the same arrays, shapes, types and stored bytes; text by its values."""
    mine, theirs = load(mine), load(theirs)
    ours = {k[: -len("/.zarray")] for k in mine if k.endswith("/.zarray")}
    peers = {k[: -len("/.zarray")] for k in theirs if k.endswith("/.zarray")}
    if not peers <= ours:
        yield f"arrays of kerchunk that are missing: {sorted(peers - ours)[:3]}"
    compared = 0
    with open(path, "rb") as file, h5py.File(path, "r") as truth:
        for array in sorted(ours):
            meta = metadata(mine, array)
            if meta["dtype"] == "|O":
                found = numcodecs.VLenUTF8().decode(raw_bytes(mine[array + "/0"], file)).tolist()
                if found != truth[array].asstr()[()].tolist():
                    yield f"{array}: text {found[:3]}"
                continue
            if array not in peers:
                yield f"{array} is no text, and kerchunk has no such array"
                continue
            other = metadata(theirs, array)
            if (meta["shape"], meta["dtype"]) != (other["shape"], other["dtype"]):
                yield f"{array}: {meta['shape']} {meta['dtype']}, kerchunk {other['shape']} {other['dtype']}"
            keys = {k for k in theirs if k.startswith(array + "/") and not k.startswith(array + "/.z")} if compared < 40 else {array + "/0"}
            for key in keys:
                compared += 1
                if raw_bytes(mine[key], file) != raw_bytes(theirs[key], file):
                    yield f"{key}: other bytes than kerchunk"
    if not compared:
        yield "nothing was compared"
