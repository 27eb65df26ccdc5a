"""What a client cannot do, by name. A failure that no rule here explains is a failure of the test.

Every rule is about the client: it would fail on the same array from any writer of maps.
"""


def of_map(client, error):
    """Why the whole map cannot be opened or listed, or None."""
    if client.startswith("zarr-python 3") and error.startswith("listing:"):
        return "zarr-python 3.1.6 lists nothing in groups below the root of a reference file system (FsspecStore.list_dir)"
    return None


def codec_ids(meta):
    if "zarr_format" in meta and meta["zarr_format"] == 3:
        return [c["name"] for c in meta["codecs"]]
    found = [f["id"] for f in meta["filters"] or []]
    return found + ([meta["compressor"]["id"]] if meta["compressor"] else [])


def of_array(client, meta, extra, error):
    """Why one array cannot be read, or None."""
    return None


def of_difference(client, meta, extra, difference):
    """Why a client reads other values, or None."""
    return None


def of_lindi(item, reason):
    """LINDI's or PyNWB's own fault on a file, or None."""
    return None
