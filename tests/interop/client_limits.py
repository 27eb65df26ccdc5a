"""What a client cannot do, by name. A failure that no rule here explains is a failure of the test.

Every rule is about the client: it would fail on the same array from any writer of maps. docs/maps.md, "What clients
cannot read", tells users the same. Versions are those that requirements-*.txt and node/package-lock.json pin.
"""

import json
import re

import numpy as np


XARRAY_STRUCTURES = "xarray 2026.9.0 gives structures of big-endian members the type of plain bytes (coding.variables.NativeEndiannessArray)"


def of_map(client, error):
    """Why the whole map cannot be opened or listed, or None."""
    if client.startswith("zarr-python 3") and error.startswith("listing:"):
        return "zarr-python 3.1.6 lists nothing in groups below the root of a reference file system (FsspecStore.list_dir); paths open"
    if client == "xarray" and error.startswith("not tried: the coordinate"):
        return "xarray reads a coordinate whole for its index, also one of many GB of fill values (create_default_indexes=False opens it)"
    return None


def is_structured(meta):
    return isinstance(meta.get("dtype"), list)


def is_nested(meta):
    """A member that is a structure or an array itself."""
    return is_structured(meta) and any(len(member) > 2 or isinstance(member[1], list) for member in meta["dtype"])


def of_array(client, meta, extra, error):
    """Why one array cannot be read, or None."""
    if not client.startswith("zarrita") and "error during blosc decompression" in error and '"cname": "snappy"' in json.dumps(meta):
        return "numcodecs 0.16 builds Blosc without snappy"
    if client == "xarray" and "'list' object has no attribute 'split'" in error:
        return "xarray 2026.9.0 takes the attribute `coordinates` for one text; the file has a list of texts (decode_coords=False opens it)"
    if client in ("zarr-python 3", "xarray") and "No Zarr data type found" in error:
        if client == "xarray" and error.startswith("group: "):
            return "zarr-python 3.1.6 has no structures with nested members, and xarray opens no group that holds one"
        if is_nested(meta):
            return "zarr-python 3.1.6 has no structures with nested members"
    if client == "xarray" and "unhashable type: 'writeable void-scalar'" in error:
        return "xarray 2026.9.0 opens no group that holds a structure or opaque bytes with a fill value (coding.variables._check_fill_values)"
    if client == "xarray" and re.search(r"Cannot cast (array data|scalar) from dtype\(\[.*'>", error):
        return XARRAY_STRUCTURES  # of this array, or of a coordinate of its group
    if not client.startswith("zarrita"):
        return None
    data_type = meta.get("data_type")
    if "dtype.match is not a function" in error and is_structured(meta):
        return "zarrita 0.7.5 has no structures"
    if "dataType.match is not a function" in error and isinstance(data_type, dict):
        return f"zarrita 0.7.5 has no data type {data_type['name']}"
    if re.search(r"Unsupported or unknown dtype: \|V\d", error):
        return "zarrita 0.7.5 has no opaque bytes"
    if re.search(r"Unsupported or unknown dtype: [<>]c|unsupported dataType: complex", error):
        return "zarrita 0.7.5 has no complex numbers"
    if "float16" in error and "unsupported" in error:
        return "zarrita 0.7.5 has float16 only where JavaScript has it (Node 24)"
    found = re.search(r"Unknown codec: (numcodecs\.)?(\w+)", error)
    if found and found[2] in ("bz2", "lzma", "fletcher32"):
        return f"zarrita 0.7.5 has no codec {found[2]}"
    return None


def of_difference(client, meta, extra, difference):
    """Why a client reads other values, or None."""
    fixed_string = str(meta.get("dtype", "")).startswith("|S")
    if client == "zarrita" and fixed_string and "\\xef\\xbf\\xbd" in difference:
        return "zarrita 0.7.5 takes fixed strings for UTF-8 and puts U+FFFD for other bytes"
    if client == "zarrita" and fixed_string and re.search(r"expected b'.*\\x00", difference):
        return "zarrita 0.7.5 leaves the NULs inside fixed strings out"
    if client.startswith("zarrita") and shuffles_by_another_size(meta):
        return "zarrita 0.7.5 shuffles by the size of the type; elements of HDF5 array types are several of it (codecs/shuffle.js)"
    if client == "zarrita, v3 keys" and abs(number_or_0(meta.get("fill_value"))) > 2**53:
        return "zarrita 0.7.5 reads fill values beyond 2^53 as JavaScript numbers"
    if client == "xarray" and is_structured(meta) and re.match(r"dtype \|V\d+, expected \[\(.*'>", difference):
        return XARRAY_STRUCTURES
    return None


def number_or_0(value):
    return value if isinstance(value, int) else 0


def shuffles_by_another_size(meta):
    """True where the codec shuffle names other bytes per element than the array's type has."""
    kind = meta.get("dtype", meta.get("data_type"))
    if not isinstance(kind, str) or kind in ("string", "|O"):
        return False
    type_bytes = np.dtype(kind).itemsize
    codecs = [*(meta.get("filters") or ()), *(meta.get("codecs") or ())]
    sizes = [codec.get("elementsize") or codec.get("configuration", {}).get("elementsize") for codec in codecs if "shuffle" in codec.get("id", codec.get("name", ""))]
    return any(size not in (None, type_bytes) for size in sizes)


def of_lindi(reason):
    """LINDI's own fault with its cause, or None."""
    if re.search(r"Compound dataset \S+ does not support selection with", reason):
        return "LINDI 0.4.6 selects from compound datasets by the name of a member only; PyNWB asks for rows (LindiH5pyDataset._get_item_for_zarr)"
    return None
