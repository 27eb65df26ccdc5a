"""Differences whose cause lies in h5py or libhdf5, each looked into and named. Nothing is listed without a cause."""

# (part of the corpus path, part of the verdict's subject, path of the object or attribute or "*"): cause
FAULTS = {}


def why(item, what, path):
    """The cause, or None where the difference is not known."""
    for (file, subject, place), reason in FAULTS.items():
        if file in item and subject in what and place in ("*", path):
            return reason
    return None
