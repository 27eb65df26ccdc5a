"""kerchunk: SingleHdf5ToZarr, then the references as JSON text in a file."""

import timing
import ujson
from kerchunk.hdf import SingleHdf5ToZarr

path, repeats, cold, (out,) = timing.arguments()


def action():
    references = SingleHdf5ToZarr(path, path, inline_threshold=0, vlen_encode="embed").translate()
    with open(out, "w") as file:
        ujson.dump(references, file)
    return len(references["refs"])


timing.run(action, repeats, cold, output=out)
