"""TensorStore, zarrs and zarr-python on plain Zarr: the same slab. FOLDER REPEATS warm|cold TOOL."""

import slab_tasks
import timing

path, repeats, cold, (tool,) = timing.arguments()


def tensorstore_reader():
    import tensorstore

    spec = {"driver": "zarr", "kvstore": {"driver": "file", "path": path}}
    return lambda: tensorstore.open(spec, open=True, read=True).result()[: slab_tasks.ROWS, :].read().result()


def zarr_reader():
    import zarr

    if tool == "zarrs":
        zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"})
    return lambda: slab_tasks.TASKS["slab"](zarr.open_array(path, mode="r"))


read = tensorstore_reader() if tool == "tensorstore" else zarr_reader()
timing.run(read, repeats, None, slab_tasks.digest)
