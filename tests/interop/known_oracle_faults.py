"""Differences whose cause lies in h5py or libhdf5, each looked into and named. Nothing is listed without a cause."""

# (part of the corpus path, part of the verdict's subject, path of the object or attribute or "*"): cause
FAULTS = {
    ("HDFGroup+hdfview__tcomplex.h5", "datasets", "/DatasetLongDoubleComplex"):
        "h5py 3.16 takes HDF5 2.0's complex of IEEE quadruples for the machine's x87 long doubles without converting; "
        "DatasetDoubleComplex beside it holds the same numbers and is equal",
    ("brtnfld+hdf5__h5fc_ext3_isf~8699bd.h5", "chunk tables", "/DSET_EA"):
        "libhdf5's chunk query walks an extensible array as if its first axis were the unlimited one; it names chunks "
        "(0, 2) and (0, 3) of a grid of 2 x 2, and its own reading of the values agrees with rutter's places",
    ("blosc2_arrays.h5", "datasets", "/flat"):
        "hdf5plugin 7's Blosc2 filter decodes only the first chunk of a frame of several; the values are those that python-blosc2 wrote",
    ("blosc2_arrays.h5", "datasets", "/flat_zeros"):
        "hdf5plugin 7's Blosc2 filter decodes only the first chunk of a frame of several; the values are those that python-blosc2 wrote",
}


def why(item, what, path):
    """The cause, or None where the difference is not known."""
    for (file, subject, place), reason in FAULTS.items():
        if file in item and subject in what and place in ("*", path):
            return reason
    return None
