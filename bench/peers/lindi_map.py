"""LINDI: a .lindi.json file of an HDF5 file."""

import lindi
import timing

path, repeats, cold, (out,) = timing.arguments()


def action():
    with lindi.LindiH5pyFile.from_hdf5_file(path, url=path) as file:
        file.write_lindi_file(out)
    return None


timing.run(action, repeats, cold, output=out)
