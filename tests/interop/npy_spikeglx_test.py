"""Compares what rutter reads of NPY files with NumPy, and of SpikeGLX recordings with Neo, over fixtures and corpus.

NPY: the array, directly and through the written map, element by element. Where NumPy refuses a file, rutter must too.
SpikeGLX: every sample against Neo and against the plain int16 file, the gain of every channel against Neo and, for the
fixtures, against what they were made with. Neo's own faults are named here, each with the rule that predicts its value.

    npy_spikeglx_test.py [--json OUT] [PART_OF_A_NAME ...]

Ends with 1 where anything differs or rutter broke its contract (a signal, a hang, exit code 70).
"""

import argparse
import json
import os
import sys
import tempfile

import numpy as np

import compare
import harness
import rutter_cli

FIXTURES = os.path.join(harness.PROJECT, "fixtures")


class Results:
    """Counts by kind of comparison, and what differed or was refused."""

    def __init__(self):
        self.equal, self.different, self.refused = {}, [], harness.Tally()
        self.faults = harness.Tally()

    def judge(self, what, name, action):
        try:
            difference = action()
        except rutter_cli.Refused as refused:
            self.refused.add(f"{what}: {refused.reason()}", name)
            return
        except rutter_cli.Broken as broken:
            difference = f"broke its contract: {broken}"
        if difference:
            self.different.append((what, name, difference))
        else:
            self.equal[what] = self.equal.get(what, 0) + 1

    def show(self):
        equal = sum(self.equal.values())
        for what, count in sorted(self.equal.items()):
            print(f"  {count:6d} equal: {what}")
        for what, name, difference in self.different:
            print(f"  different: {what}: {name}: {difference}")
        if self.faults.total():
            print("  the reference is at fault:")
            self.faults.show("    ")
        print(f"compared {equal + len(self.different)}, equal {equal}, different {len(self.different)}, "
              f"refused {self.refused.total()}")
        self.refused.show()


# ---- NPY --------------------------------------------------------------------------------------------------------------


def as_rutter_stores(array):
    """NumPy's array as rutter hands it out: native widths; dates are their integers, long doubles doubles."""
    if array.dtype.kind in "Mm":
        return array.view(array.dtype.str.replace("M8", "i8").replace("m8", "i8").split("[")[0])
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        return array.astype("f8")
    if array.dtype.kind == "c" and array.dtype.itemsize > 16:
        return array.astype("c16")
    return array


def compare_npy(results, path, name):
    try:
        expected = np.load(path, allow_pickle=False)
        cause = None if isinstance(expected, np.ndarray) else "an archive"
    except ValueError as error:
        cause = str(error)
    with harness.scratch_folder() as scratch:
        out, document = os.path.join(scratch, "a.npy"), os.path.join(scratch, "m.json")

        def direct():
            rutter_cli.read_npy(path, "/data", out)
            if cause is not None:
                return f"NumPy refuses it ({cause}), rutter reads it"
            return compare.npy(as_rutter_stores(expected), out)

        def through_map():
            if cause is not None:
                return None
            summary = rutter_cli.write_map(path, document)
            missing = rutter_cli.unmapped(summary)
            if "/data" in missing:
                raise rutter_cli.failure("unsupported: not in the map: " + missing["/data"])
            rutter_cli.read_npy(document, "/data", out)
            return compare.npy(as_rutter_stores(expected), out)

        results.judge("NPY", name, direct)
        if cause is None:
            results.judge("NPY through the map", name, through_map)


# ---- SpikeGLX ---------------------------------------------------------------------------------------------------------


class Recording:
    """One .bin with its .meta, as rutter sees it."""

    def __init__(self, path, scratch):
        self.path, self.scratch = path, scratch
        self.out = os.path.join(scratch, "a.npy")
        self.meta = {}
        with open(path[:-4] + ".meta", encoding="latin-1") as file:
            for line in file:
                key, _, value = line.strip().partition("=")
                self.meta[key.lstrip("~")] = value

    def read(self, array, target=None):
        rutter_cli.read_npy(target or self.path, array, self.out)
        return np.load(self.out)

    def channels(self):
        """[(name, group, acquired number, gain)] in the order of the file."""
        names, groups = (self.read(a) for a in ("/channel_name", "/channel_group"))
        numbers, gains = self.read("/channel"), self.read("/gain_to_uV")
        return [(n.decode(), g.decode(), int(a), float(x)) for n, g, a, x in zip(names, groups, numbers, gains)]


def neo_reader(recording):
    """Neo's reader of this one recording, which must lie alone in a folder."""
    from neo.rawio import SpikeGLXRawIO

    folder = tempfile.mkdtemp(dir=recording.scratch)
    for ending in (".bin", ".meta"):
        os.symlink(recording.path[:-4] + ending, os.path.join(folder, os.path.basename(recording.path)[:-4] + ending))
    reader = SpikeGLXRawIO(dirname=folder)
    reader.parse_header()
    return reader


def neo_channels(reader):
    """{name: (gain in microvolts, samples)} over all streams."""
    found = {}
    channels = reader.header["signal_channels"]
    for stream, (_, stream_id, _) in enumerate(reader.header["signal_streams"]):
        chunk = reader.get_analogsignal_chunk(0, 0, None, None, stream)
        for column, channel in enumerate(channels[channels["stream_id"] == stream_id]):
            scale = {"uV": 1.0, "V": 1e6}[channel["units"]]
            found[str(channel["name"])] = (float(channel["gain"]) * scale, chunk[:, column])
    return found


def table(meta, key):
    return [entry.split() for entry in meta.get(key, "()").strip("()").split(")(")[1:]]


def neo_fault(recording, place, channel, neo_gain):
    """Why Neo gives this other gain, where a rule predicts it; else None."""
    name, group, acquired, _ = channel
    meta = recording.meta
    if group in ("SY", "DW"):
        return f"{group}: Neo scales a digital word to volts"
    if meta["typeThis"] != "imec":
        return None
    entries = table(meta, "imroTbl")
    number = acquired - (int(meta["acqApLfSy"].split(",")[0]) if group == "LF" else 0)
    saved = meta["snsApLfSy"].split(",")
    if saved[2] == "0" and place == int(meta["nSavedChans"]) - 1:
        return "Neo takes the last channel for the sync word where none was saved"
    column = 4 if ".lf" in os.path.basename(meta["fileName"]) else 3
    if len(entries[0]) in (5, 6) and (place != number or (column == 3) != (group == "AP")):
        predicted = float(meta["imAiRangeMax"]) / 512 / float(entries[place][column]) * 1e6 if place < len(entries) else None
        if predicted is not None and np.isclose(predicted, neo_gain, rtol=1e-9):
            return (f"Neo takes entry {place} of imroTbl, the channel's place in the file, not {number}, its acquired number"
                    if place != number else "Neo takes the gain of the file's band for a channel of the other band")
    return None


def compare_samples(recording, num_channels, target=None):
    plain = np.fromfile(recording.path, "<i2")
    plain = plain[: plain.size // num_channels * num_channels].reshape(-1, num_channels)
    return compare.arrays(plain, recording.read("/data", target))


def compare_with_map(recording, num_channels):
    document = os.path.join(recording.scratch, "m.json")
    missing = rutter_cli.unmapped(rutter_cli.write_map(recording.path, document))
    if "/data" in missing:
        raise rutter_cli.failure("unsupported: not in the map: " + missing["/data"])
    return compare_samples(recording, num_channels, document)


def compare_recording(results, path, name):
    with harness.scratch_folder() as scratch:
        recording = Recording(path, scratch)
        try:
            channels = recording.channels()
        except (rutter_cli.Refused, rutter_cli.Broken):
            results.judge("SpikeGLX channels", name, recording.channels)
            return
        results.judge("SpikeGLX samples, with the plain file", name, lambda: compare_samples(recording, len(channels)))
        results.judge("SpikeGLX samples through the map", name, lambda: compare_with_map(recording, len(channels)))
        expected = path[:-4] + ".expected.json"
        if os.path.exists(expected):
            results.judge("SpikeGLX channels, with what the fixture was made of", name, lambda: compare_made(recording, channels, expected))
        try:
            neo = neo_channels(neo_reader(recording))
        except Exception as error:
            results.faults.add(f"Neo cannot read it: {type(error).__name__}", f"{name}: {error}")
            return
        data = recording.read("/data")
        for place, channel in enumerate(channels):
            compare_channel(results, recording, name, place, channel, data[:, place], neo)


def compare_made(recording, channels, path):
    with open(path, encoding="utf-8") as file:
        made = json.load(file)
    for place, (name, group, acquired, gain) in enumerate(channels):
        want = (made["names"][place], made["groups"][place], made["acquired"][place])
        if (name, group, acquired) != want:
            return f"channel {place} is {(name, group, acquired)}, expected {want}"
        if not np.isclose(gain, made["gain_to_uV"][place], rtol=1e-12, atol=0):
            return f"gain of {name} is {gain}, expected {made['gain_to_uV'][place]}"
    if len(recording.read("/data")) != made["timepoints"]:
        return "another number of timepoints"
    return None


def compare_channel(results, recording, name, place, channel, samples, neo):
    where = f"{name} {channel[0]}"
    if channel[0] not in neo:
        results.faults.add("Neo does not list the channel", where)
        return
    gain, chunk = neo[channel[0]]
    results.judge("SpikeGLX samples by channel, with Neo", where, lambda: compare.arrays(chunk, samples))
    if np.isclose(gain, channel[3], rtol=1e-12, atol=0):
        results.judge("SpikeGLX gains by channel, with Neo", where, lambda: None)
        return
    fault = neo_fault(recording, place, channel, gain)
    if fault:
        results.faults.add(fault, f"{where}: {gain:.6g} uV, rutter {channel[3]:.6g}")
    else:
        results.judge("SpikeGLX gains by channel, with Neo", where, lambda: f"{channel[3]}, Neo says {gain}")


def check_meta_alone(results, path, name):
    """A .meta without its .bin: described, with a gain for every analog channel, and refused on the samples."""

    def action():
        with harness.scratch_folder() as scratch:
            out = os.path.join(scratch, "a.npy")
            rutter_cli.read_npy(path, "/gain_to_uV", out)
            if np.isnan(np.load(out)).any():
                return "a gain is not known"
            try:
                rutter_cli.checked(["read", path, "/data", "--stats", "--json"])
            except rutter_cli.Refused as refused:
                return None if refused.code == 3 else f"the samples are refused as {refused.reason()}"
            return "samples were read that are not there"

    results.judge("SpikeGLX .meta alone", name, action)


# ---- all of it ---------------------------------------------------------------------------------------------------------


def inputs():
    """(path, name) of the fixtures and of the corpus, where it is."""
    roots = [(os.path.join(FIXTURES, folder), "fixtures/" + folder) for folder in ("npy", "spikeglx")]
    corpus = harness.corpus_root()
    if corpus is None:
        print("skipped: no corpus; fixtures only")
    else:
        roots += [(os.path.join(corpus, folder), folder) for folder in ("NPY", "NPZ", "SpikeGLX")]
    for root, shown in roots:
        for path in harness.walk_files(root):
            yield os.path.join(root, path), f"{shown}/{path}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    rutter_cli.require_binary()
    results = Results()
    for path, name in inputs():
        if options.names and not any(part in name for part in options.names):
            continue
        if name.endswith((".npy", ".npz")):
            compare_npy(results, path, name)
        elif name.endswith(".bin"):
            compare_recording(results, path, name)
        elif name.endswith(".meta") and not os.path.exists(path[:-5] + ".bin"):
            check_meta_alone(results, path, name)
    results.show()
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"equal": results.equal, "different": results.different, "refused": dict(results.refused.counts),
                       "reference at fault": dict(results.faults.counts)}, file, indent=1)
    sys.exit(1 if results.different else 0)


if __name__ == "__main__":
    main()
