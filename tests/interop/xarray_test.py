"""Does xarray see the same dataset through rutter's map as on the netCDF file itself?

Root groups of the corpus's netCDF-4 files: the same variables, dimensions, coordinates, types, attributes and values, as a
user opens them, with all decoding. Without a corpus there is nothing to compare: `skipped: no corpus`.

    xarray_test.py [PART_OF_A_NAME ...]
"""

import os
import sys
import tempfile
import warnings

import h5py
import numpy as np
import xarray

import harness
import rutter_cli

warnings.simplefilter("ignore")

OWN_ATTRIBUTES = {"_ENUM", "_DTYPE", "_ORIGINAL_NAME"}  # docs/maps.md
NESTED = "zarr-python 3.1.6 has no structures with nested members, and xarray opens no group that holds one"


def same_type(file, through):
    """Fixed text of netCDF's characters, and text of zarr's own string type, are both text; HDF5's boolean is a netCDF enum of int8."""
    text = "SUOT"
    return file.dtype == through.dtype or file.dtype.kind in text and through.dtype.kind in text or \
        through.dtype == bool and file.dtype == np.int8


def same_values(file, through):
    if file.dtype == through.dtype and file.dtype.kind not in "OT":
        return file.variable.identical(through.variable) or file.variable.equals(through.variable)
    return np.array_equal(np.asarray(file.values).astype(through.dtype if through.dtype == bool else object),
                          np.asarray(through.values).astype(through.dtype if through.dtype == bool else object))


def dropped(name, through):
    """True for what xarray's netCDF4 engine passes over: opaque bytes and ragged data."""
    variable = through[name]
    return variable.dtype.kind == "V" or variable.dtype.kind in "OT" and all(str(v).startswith(("[", "{", '"')) for v in variable.values.ravel()[:3])


def differences(path, map_file):
    """(what differs, what is a limit by name)."""
    wrong, limits = [], []
    with xarray.open_dataset(path, engine="netcdf4") as file:
        try:
            through = xarray.open_dataset(map_file, engine="kerchunk")
        except ValueError as error:
            if "No Zarr data type found" in str(error):
                return [], [NESTED]
            raise
        for name in sorted(set(file.variables) - set(through.variables)):
            wrong.append(f"{name} is missing")
        for name in sorted(set(through.variables) - set(file.variables)):
            if dropped(name, through):
                limits.append("xarray's netCDF4 engine passes over opaque and ragged variables")
            else:
                wrong.append(f"{name} is too many")
        for name in sorted(set(file.variables) & set(through.variables)):
            a, b = file[name], through[name]
            if len(set(a.dims)) < len(a.dims):
                limits.append("an array with one dimension twice: the map gives the second another name, because most of xarray refuses it")
                continue
            if a.shape != b.shape and len(a.shape) == len(b.shape) and shape_in_file(path, name) == b.shape:
                limits.append("a variable that does not fill an unlimited dimension: netCDF-C shows fill values where the file has no elements")
                continue
            if a.dims != b.dims and any(dim.startswith("phony_dim_") for dim in b.dims) and a.shape == b.shape:
                limits.append("one name for dimensions of two lengths: the later one has another name in the map, because xarray refuses the group")
                continue
            if a.dims != b.dims or (name in file.coords) != (name in through.coords):
                wrong.append(f"{name} has the dimensions {b.dims}, expected {a.dims}")
            elif not same_type(a, b):
                wrong.append(f"{name} is {b.dtype}, expected {a.dtype}")
            elif set(a.attrs) != set(b.attrs) - OWN_ATTRIBUTES:
                wrong.append(f"{name} differs in the attributes {sorted(set(a.attrs) ^ set(b.attrs))}")
            elif a.size <= 1_000_000 and not same_values(a, b):
                if never_written(path, name):
                    limits.append("a variable that was never written and has no fill value: netCDF-C gives what memory held")
                else:
                    wrong.append(f"{name} has other values")
        if set(file.attrs) != set(through.attrs) - OWN_ATTRIBUTES:
            wrong.append(f"the attributes {sorted(set(file.attrs) ^ set(through.attrs))}")
    return wrong, limits


def shape_in_file(path, name):
    with h5py.File(path) as file:
        return file[name].shape


def never_written(path, name):
    with h5py.File(path) as file:
        plist = file[name].id.get_create_plist()
        return file[name].id.get_storage_size() == 0 and plist.fill_value_defined() != h5py.h5d.FILL_VALUE_USER_DEFINED


def main():
    root = harness.corpus_or_skip()
    rutter_cli.require_binary()
    items = [i for i in harness.hdf5_files(root) if i.startswith("NetCDF4" + os.sep)]
    passed, failed, limits, oracle = 0, [], harness.Tally(), harness.Tally()
    with tempfile.TemporaryDirectory() as folder:
        for item in harness.chosen(items, sys.argv[1:]):
            path, map_file = os.path.join(root, item), os.path.join(folder, item.replace(os.sep, "+") + ".json")
            try:
                xarray.open_dataset(path, engine="netcdf4").close()
            except Exception as error:
                oracle.add(f"{type(error).__name__}: {str(error)[:80]}", item)
                continue
            rutter_cli.write_map(path, map_file)
            try:
                wrong, limited = differences(path, map_file)
            except Exception as error:
                wrong, limited = [f"{type(error).__name__}: {str(error)[:200]}"], []
            for limit in limited:
                limits.add(limit, item)
            failed += [f"{item}: {text}" for text in wrong]
            passed += not wrong
    print(f"files {len(items)}; differences with a named cause {limits.total()}:")
    limits.show("    ")
    print(f"xarray cannot open the file itself: {oracle.total()}")
    oracle.show("    ")
    for line in failed:
        print("FAILED", line)
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
