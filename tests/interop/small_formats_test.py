"""NPY against NumPy, and SpikeGLX against Neo: raw samples, and what each channel's counts mean.

Digital words are left out of the gains: Neo 0.14 gives them the analog gain (SY0 61 uV, XD0 0.15 mV), though they are bits;
rutter gives them gain 1 and no unit, as the maker's own tools do (SpikeGLX, Metadata_Help).
"""

import glob
import os
import sys

import numpy as np
from neo.rawio import SpikeGLXRawIO

import compare
import harness
import rutter_cli

TO_MICROVOLTS = {"uV": 1.0, "mV": 1e3, "V": 1e6}


def read(path, array, scratch):
    out = os.path.join(scratch, "a.npy")
    rutter_cli.read_npy(path, array, out)
    return np.load(out)


def npy_problems(path, scratch):
    try:
        expected = np.load(path, allow_pickle=False)
    except ValueError as error:
        if "Object arrays" not in str(error):
            raise
        try:
            read(path, "/data", scratch)
        except rutter_cli.Refused as refused:
            if refused.code != 5:
                yield f"object array refused with exit code {refused.code}"
            return
        yield "an object array was read"
        return
    for target in (path, write_map(path, scratch)):
        problem = compare.arrays(expected, read(target, "/data", scratch))
        if problem:
            yield f"{os.path.basename(target)}: {problem}"


def write_map(path, scratch):
    out = os.path.join(scratch, "map.json")
    rutter_cli.write_map(path, out)
    return out


def spikeglx_problems(path, scratch):
    """Compares one .bin with every stream that Neo finds in it."""
    neo = SpikeGLXRawIO(dirname=os.path.dirname(path))
    neo.parse_header()
    data = read(path, "/data", scratch)
    through_map = read(write_map(path, scratch), "/data", scratch)
    if not np.array_equal(data, through_map):
        yield "the map reads other samples than the file"
    names = rutter_cli.read_values(path, "/channel_name")
    gains, offsets = read(path, "/gain_to_uV", scratch), read(path, "/offset_to_uV", scratch)
    units = rutter_cli.read_values(path, "/unit")
    compared = 0
    for number, info in enumerate(neo.signals_info_list):
        if os.path.realpath(info["bin_file"]) != os.path.realpath(path):
            continue
        for stream, header in enumerate(neo.header["signal_streams"]):
            if header["name"] not in (info["stream_name"], info["stream_name"] + "-SYNC"):
                continue
            channels = neo.header["signal_channels"]
            channels = channels[channels["stream_id"] == header["id"]]
            raw = neo.get_analogsignal_chunk(0, 0, None, None, stream, None, None, None)
            columns = [names.index(name) for name in channels["name"]]
            if not np.array_equal(raw, data[:, columns]):
                yield f"stream {header['name']}: other samples than Neo"
            compared += raw.size
            for channel, column in zip(channels, columns):
                if units[column] == "":
                    if gains[column] != 1:
                        yield f"digital word {channel['name']} with gain {gains[column]}"
                    continue
                factor = TO_MICROVOLTS[str(channel["units"])]
                expected = (channel["gain"] * factor, channel["offset"] * factor)
                if not np.allclose((gains[column], offsets[column]), expected, rtol=1e-12, atol=0):
                    yield f"{channel['name']}: gain and offset {gains[column], offsets[column]}, Neo {expected}"
    if compared != data.size:
        yield f"Neo showed {compared} of {data.size} samples"


def main():
    root = harness.corpus_or_skip()
    rutter_cli.require_binary()
    passed, failures = 0, []
    with harness.scratch_folder() as scratch:
        work = [(npy_problems, p) for p in sorted(glob.glob(os.path.join(root, "NPY", "*.npy")))]
        work += [(spikeglx_problems, p) for p in sorted(glob.glob(os.path.join(root, "SpikeGLX", "**", "*.bin"), recursive=True))]
        for check, path in work:
            try:
                problems = list(check(path, scratch))
            except (rutter_cli.Refused, rutter_cli.Broken) as error:
                problems = [f"{type(error).__name__}: {error}"]
            passed += not problems
            failures += [f"{os.path.relpath(path, root)}: {p}" for p in problems]
    for line in failures:
        print("FAILED", line)
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
