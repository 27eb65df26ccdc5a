"""VirtualiZarr: the manifests of every group of a file. (Its kerchunk writer takes flat files only, and its parser no
variable-length strings: it gets nwb1500.h5, without the 500 of nwb2000.h5.)"""

import timing
from obspec_utils.registry import ObjectStoreRegistry
from obstore.store import LocalStore
from virtualizarr.parsers import HDFParser

path, repeats, cold, _ = timing.arguments()
registry = ObjectStoreRegistry({"file://": LocalStore()})


def action():
    store = HDFParser()(url="file://" + path, registry=registry)
    arrays, groups = 0, [store._group]
    while groups:
        group = groups.pop()
        arrays += len(group.arrays)
        groups += group.groups.values()
    return arrays


timing.run(action, repeats, cold)
