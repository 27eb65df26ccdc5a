"""Compares what rutter reads of every HDF5 file, the project's own and the corpus, with what h5py reads, object by object.

Directly and through the written kerchunk map: values of datasets and attributes; and of the file itself: the tree,
links, shapes, and the offset, size and filter mask of every chunk.

    differential_test.py [--folder NAME ...] [--jobs N] [--json OUT] [PART_OF_A_NAME ...]

Ends with 1 where anything differs or rutter broke its contract (a signal, a hang, exit code 70).
"""

import argparse
import json
import os
import re
import sys
import time

import harness
import hdf5_oracle as oracle
import compare
import known_oracle_faults
import rutter_cli

# Attributes that say how HDF5 libraries keep house; a kerchunk map leaves them out, as its readers expect
# (kerchunk, VirtualiZarr and xarray do the same), and says them in other words (dimension names, fill value).
HOUSEKEEPING = {"REFERENCE_LIST", "CLASS", "NAME", "DIMENSION_LIST", "_Netcdf4Dimid", "_Netcdf4Coordinates", "_nc3_strict",
                "_NCProperties", "_FillValue", "DIMENSION_LABELS"}

# How many arrays of a file are read by the command line itself; the others go through one process.
COMMANDS_PER_FILE = 3

ARRAY, VIA_MAP, ATTRIBUTE, MAP_ATTRIBUTE, CHUNKS, LINK, OBJECT, SHAPE = (
    "datasets", "datasets through the map", "attributes", "attributes through the map", "chunk tables", "links", "objects",
    "shapes")


def verdict(what, path, result, reason=None):
    return {"what": what, "path": path, "result": result, "reason": reason}


class File:
    """One corpus file seen by both sides."""

    def __init__(self, path, scratch):
        self.path, self.scratch = path, scratch
        self.npy = os.path.join(scratch, "a.npy")
        self.map = os.path.join(scratch, "m.json")
        self.handle = oracle.open_file(path)
        self.resolver = compare.Resolver(self.handle)
        self.nodes = self.map_nodes = None
        self.many, self.by_command = {}, {}
        self.unmapped = {}
        self.refusal = self.map_refusal = None

    def list(self):
        try:
            self.nodes = rutter_cli.listing(self.path)
        except (rutter_cli.Refused, rutter_cli.Broken) as error:
            self.refusal = error

    def write_map(self):
        try:
            self.unmapped = rutter_cli.unmapped(rutter_cli.write_map(self.path, self.map))
            self.map_nodes = rutter_cli.listing(self.map)
        except (rutter_cli.Refused, rutter_cli.Broken) as error:
            self.map_refusal = error


    def reads(self, target, path):
        """Who reads `path` of the file or its map: the command itself for the first few arrays, then one process for all."""
        seen = self.by_command.setdefault(target, {})
        if path in seen or len(seen) < COMMANDS_PER_FILE:
            seen[path] = True
            return Commands(target)
        if target not in self.many:
            self.many[target] = rutter_cli.ManyReads(target)
        return self.many[target]


class Commands:
    """The same calls as rutter_cli.ManyReads, each by the command line."""

    def __init__(self, target):
        self.target = target

    def npy(self, path, out, selection=()):
        rutter_cli.read_npy(self.target, path, out, selection)

    def values(self, path, selection=()):
        return rutter_cli.read_values(self.target, path, selection)

    def chunks(self, path):
        return rutter_cli.chunks(self.target, path)


def judge(what, path, action):
    """Runs `action`, which returns a difference or None, and turns what happens into a verdict."""
    try:
        difference = action()
    except rutter_cli.Refused as refused:
        return verdict(what, path, "refused", refused.reason())
    except rutter_cli.Broken as broken:
        return verdict(what, path, "broken", str(broken))
    return verdict(what, path, "different" if difference else "equal", difference)


def compare_values(file, target, dataset, path, selections):
    """Every planned selection of one dataset, read by both."""
    for selection in selections:
        expected = oracle.read(dataset, selection)
        if oracle.has_npy_form(dataset, expected):
            file.reads(target, path).npy(path, file.npy, selection)
            difference = compare.npy(expected, file.npy)
        else:
            actual = file.reads(target, path).values(path, selection)
            difference = compare.values(expected, actual, file.resolver)
        if difference:
            return f"{difference} of {selection}" if selection else difference
    return None


def dataset_verdicts(file, path, dataset, skip):
    """Values, directly and through the map, shape and chunk table of one dataset."""
    if f"read {path}" in skip:
        return
    yield {"begin": f"read {path}"}
    try:
        selections = oracle.plan(dataset)
        for selection in selections:
            oracle.read(dataset, selection)
    except Exception as error:
        yield {"oracle": "dataset", "path": path, "reason": oracle.cause(error), "rutter": probe(file, path)}
        selections = None
    yield judge(SHAPE, path, lambda: compare_shape(file, path, dataset))
    if selections is not None:
        if file.refusal:
            yield judge(ARRAY, path, lambda: raise_(file.refusal))
        else:
            yield judge(ARRAY, path, lambda: compare_values(file, file.path, dataset, path, selections))
        if file.map_refusal:
            yield judge(VIA_MAP, path, lambda: raise_(file.map_refusal))
        elif path in file.unmapped:
            yield verdict(VIA_MAP, path, "refused", "unmapped: " + file.unmapped[path])
        else:
            yield judge(VIA_MAP, path, lambda: compare_values(file, file.map, dataset, path, selections))
    yield {"begin": f"chunks {path}"}
    if f"chunks {path}" not in skip:
        yield from chunk_verdicts(file, path, dataset)


def raise_(error):
    raise error


def probe(file, path):
    """What rutter makes of a dataset that h5py cannot read: "reads it", or its refusal."""
    try:
        file.reads(file.path, path).values(path)
        return "reads it"
    except rutter_cli.Refused as refused:
        return refused.reason()
    except rutter_cli.Broken as broken:
        return f"BROKEN {broken}"


def compare_shape(file, path, dataset):
    if file.refusal:
        raise file.refusal
    node = file.nodes.get(path)
    if node is None:
        return "rutter lists no such node"
    if node["kind"] != "array":
        if node.get("failure"):
            raise rutter_cli.failure(node["failure"])
        return f"rutter calls it {node['kind']}"
    if dataset.shape is None:
        return None if node["shape"] is None else f"shape {node['shape']} of a null dataspace"
    if list(node["shape"]) != list(dataset.shape):
        return f"shape {node['shape']}, expected {list(dataset.shape)}"
    if dataset.chunks and list(node["chunk_shape"]) != list(dataset.chunks):
        return f"chunk shape {node['chunk_shape']}, expected {list(dataset.chunks)}"
    return None


def chunk_verdicts(file, path, dataset):
    try:
        if not dataset.chunks or dataset.is_virtual:
            offset = dataset.id.get_offset() if dataset.shape is not None else None
            if offset is None or not dataset.id.get_storage_size() or dataset.is_virtual or dataset.external:
                return
            expected = None
        else:
            expected = oracle.chunk_table(dataset)
    except Exception as error:
        yield {"oracle": "chunks", "path": path, "reason": oracle.cause(error)}
        return

    def action():
        if file.refusal:
            raise file.refusal
        found = {tuple(c["index"]): (c["offset"], c["length"], c["filter_mask"]) for c in file.reads(file.path, path).chunks(path)}
        if expected is None:  # contiguous: the grid is rutter's own, the first byte is not
            first = found.get((0,) * len(dataset.shape))
            if not first:
                return "no first chunk"
            return None if first[0] == offset else f"first byte at {first[0]}, expected {offset}"
        if found == expected or (oracle.may_misname_chunks(dataset) and sorted(found.values()) == sorted(expected.values())):
            return None
        for index in sorted(set(found) | set(expected)):
            if found.get(index) != expected.get(index):
                return f"chunk {index}: {found.get(index)}, expected {expected.get(index)}; {len(found)} of {len(expected)} listed"

    yield judge(CHUNKS, path, action)


def attribute_verdicts(file, path, handle, skip):
    if f"attributes {path}" in skip:
        return
    yield {"begin": f"attributes {path}"}
    try:
        names = oracle.attribute_names(handle)
    except Exception as error:
        yield {"oracle": "attributes", "path": path, "reason": oracle.cause(error)}
        return
    for raw in names:
        name = oracle.text(raw)
        where = f"{path}@{name}"
        if f"attribute {where}" in skip:
            continue
        yield {"begin": f"attribute {where}"}
        try:
            expected = oracle.attribute(handle, raw)
        except Exception as error:
            yield {"oracle": "attribute", "path": where, "reason": oracle.cause(error)}
            continue
        yield judge(ATTRIBUTE, where, lambda: compare_attribute(file, file.refusal, file.nodes, path, name, expected))
        if name in HOUSEKEEPING:
            continue
        if where in file.unmapped:
            yield verdict(MAP_ATTRIBUTE, where, "refused", "unmapped: " + file.unmapped[where])
        elif not isinstance(handle, oracle.h5py.Datatype):
            yield judge(MAP_ATTRIBUTE, where,
                        lambda: compare_attribute(file, file.map_refusal or file.refusal, file.map_nodes, path, name, expected))


def compare_attribute(file, refusal, nodes, path, name, expected):
    if refusal:
        raise refusal
    node = nodes.get(path)
    if node is None:
        return "no such node"
    if node.get("failure"):
        raise rutter_cli.failure(node["failure"])
    found = node["attributes"].get(name)
    if found is None:
        if node.get("attributes_failure"):
            raise rutter_cli.failure(node["attributes_failure"])
        return "no such attribute"
    if found.get("failure"):
        raise rutter_cli.failure(found["failure"])
    return compare.values(expected, found["value"], file.resolver)


def link_verdict(file, link):
    def action():
        if file.refusal:
            raise file.refusal
        node = file.nodes.get(link.path)
        if node is None:
            return "rutter lists no such node"
        if link.kind == "hard":
            return compare_alias(file, link, node)
        expected = {"soft": "soft-link", "external": "external-link", "user": "user-link"}[link.kind]
        if node["kind"] != expected:
            return f"kind {node['kind']}, expected {expected}"
        if link.kind == "soft":
            return None if rutter_cli.as_text(node["target"]) == link.target else f"target {node['target']}, expected {link.target}"
        if link.kind == "external":
            found = (rutter_cli.as_text(node["target_file"]), rutter_cli.as_text(node["target"]))
            return None if found == (link.file, link.target) else f"target {found}, expected {(link.file, link.target)}"

    return judge(LINK, link.path, action)


def compare_alias(file, link, node):
    """Two names of one object: rutter may choose either as the first."""
    other = file.nodes.get(link.target)
    for alias, first in ((node, link.target), (other, link.path)):
        if alias is not None and alias["kind"] == "hard-link":
            target = file.handle[alias["target"].encode("utf-8", "surrogateescape")]
            if oracle.identity(target.id) == oracle.identity(file.handle[first.encode("utf-8", "surrogateescape")].id):
                return None
            return f"hard link to {alias['target']}, expected {first}"
    return f"kind {node['kind']}, expected a hard link to {link.target}"


def object_verdict(file, found):
    def action():
        if file.refusal:
            raise file.refusal
        node = file.nodes.get(found.path)
        if node is None:
            return "rutter lists no such node"
        if node["kind"] == "unreadable":
            raise rutter_cli.failure(node.get("failure", ""))
        expected = {"group": "group", "array": "array", "type": "named-type"}[found.kind]
        return None if node["kind"] in (expected, "hard-link") else f"kind {node['kind']}, expected {expected}"

    return judge(OBJECT, found.path, action)


def compare_file(item, skip, root, scratch_root):
    """The job of one file: yields verdicts and oracle faults."""
    path = os.path.join(root, item)
    os.chdir(os.path.dirname(path))  # both sides look for external files beside the file
    scratch = os.path.join(scratch_root, str(os.getpid()))
    os.makedirs(scratch)
    yield {"begin": "open"}
    if "open" in skip:
        return
    try:
        file = File(path, scratch)
    except Exception as error:
        yield {"oracle": "file", "path": "/", "reason": oracle.cause(error), "rutter": probe_file(path)}
        return
    file.list()
    file.write_map()
    for error, what in ((file.refusal, "ls"), (file.map_refusal, "map")):
        if isinstance(error, rutter_cli.Broken):
            yield verdict(what, "/", "broken", str(error))
        elif error:
            yield {"refused file": what, "reason": error.reason()}
    for found in oracle.walk(file.handle, skip):
        if isinstance(found, dict):
            yield found
        elif isinstance(found, oracle.Link):
            yield link_verdict(file, found)
        elif isinstance(found, oracle.Object):
            yield object_verdict(file, found)
            yield from attribute_verdicts(file, found.path, found.handle, skip)
            if found.kind == "array":
                yield from dataset_verdicts(file, found.path, found.handle, skip)
        else:
            _, where, reason = found
            yield {"oracle": "object", "path": where, "reason": reason}


def probe_file(path):
    try:
        rutter_cli.listing(path)
        return "lists it"
    except rutter_cli.Refused as refused:
        return refused.reason()
    except rutter_cli.Broken as broken:
        return f"BROKEN {broken}"


def general(reason):
    """A reason without the numbers and names that differ from file to file."""
    reason = re.sub(r"'[^']*'|\"[^\"]*\"", "'...'", reason or "")
    return re.sub(r"(?<![A-Za-z])-?\d+(\.\d+)?", "N", reason)[:140]


class Report:
    def __init__(self):
        self.results = {}
        self.oracle = harness.Tally()
        self.named_faults = harness.Tally(examples=1)
        self.refused_files = harness.Tally()
        self.failures = []
        self.files = 0
        self.rutter_only = 0

    def add(self, item, record):
        if "oracle" in record:
            beside = f" (rutter: {record['rutter']})" if "rutter" in record else ""
            self.rutter_only += record.get("rutter") in ("reads it", "lists it")
            if "BROKEN" in record.get("rutter", ""):
                self.failures.append(f"{item} {record['path']}: broken: {record['rutter']}")
            self.oracle.add(f"{record['oracle']}: {general(record['reason'])}", f"{item} {record['path']}{beside}")
            return
        if "refused file" in record:
            self.refused_files.add(f"{record['refused file']}: {general(record['reason'])}", item)
            return
        tally = self.results.setdefault(record["what"], {"equal": 0, "different": 0, "broken": 0, "refused": harness.Tally()})
        result = record["result"]
        if result == "refused":
            tally["refused"].add(general(record["reason"]), f"{item} {record['path']}: {record['reason']}")
            return
        if result in ("different", "broken"):
            known = known_oracle_faults.why(item, record["what"], record["path"])
            if known and result == "different":
                self.named_faults.add(known, f"{item} {record['path']}")
                return
            self.failures.append(f"{item} {record['path']} [{record['what']}]: {result}: {record['reason']}")
        tally[result] += 1

    def show(self, limit):
        for what in (OBJECT, LINK, SHAPE, ARRAY, VIA_MAP, ATTRIBUTE, MAP_ATTRIBUTE, CHUNKS, "ls", "map"):
            tally = self.results.get(what)
            if tally is None:
                continue
            compared, refused = tally["equal"] + tally["different"], tally["refused"].total()
            share = 100 * tally["equal"] / max(1, compared + refused + tally["broken"])
            broken = f", broken {tally['broken']}" if tally["broken"] else ""
            print(f"{what}: compared {compared}, equal {tally['equal']}, different {tally['different']}, refused {refused}{broken}"
                  f"  ({share:.2f} % of what h5py reads is equal)")
            tally["refused"].show("    ")
        if self.refused_files.total():
            print("files that rutter refused:")
            self.refused_files.show("    ")
        if self.named_faults.total():
            print("differences that are h5py's (known_oracle_faults.py):")
            self.named_faults.show("    ")
        print(f"h5py could not read {self.oracle.total()} (rutter reads {self.rutter_only} of these files and datasets):")
        self.oracle.show("    ")
        for line in self.failures[:limit]:
            print("DIFFERENT" if ": different: " in line else "BROKEN", line)
        if len(self.failures) > limit:
            print(f"... and {len(self.failures) - limit} more")

    def as_json(self):
        return {what: {"equal": t["equal"], "different": t["different"], "broken": t["broken"], "refused": dict(t["refused"].counts)}
                for what, t in self.results.items()} | {"failures": self.failures, "oracle": dict(self.oracle.counts)}


def compare_files(title, root, items, options):
    """The report on these files, printed."""
    report, start = Report(), time.monotonic()
    with harness.scratch_folder() as scratch:
        def job(item, skip):
            return compare_file(item, skip, root, scratch)

        for item, records, faults in harness.run_jobs(items, job, options.jobs, options.seconds):
            report.files += 1
            for record in records:
                report.add(item, record)
            for fault in faults:
                if fault["cause"] == "suite fault":
                    report.failures.append(f"{item}: broken: the suite itself failed at {fault['object']}")
                else:
                    report.oracle.add(f"h5py or its file: {fault['cause']}", f"{item} {fault['object']}")
    print(f"differential test, {title}: {report.files} files, {time.monotonic() - start:.0f} s")
    report.show(options.show)
    sys.stdout.flush()  # or the jobs that are forked next print it again
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", action="append", help="only this folder of the corpus (may be repeated)")
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--json", help="write the result here")
    parser.add_argument("--show", type=int, default=60, help="differences to print")
    parser.add_argument("--seconds", type=float, default=180, help="time-out for one file")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    rutter_cli.require_binary()
    reports = {}
    if not options.folder:
        own = harness.chosen(harness.own_files(), options.names)
        reports["own"] = compare_files("the project's own files", harness.PROJECT, own, options)
    root = harness.corpus_root()
    if root is None:
        print("skipped: no corpus; the files above are the project's own")
    else:
        items = harness.hdf5_files(root, without=() if options.folder else ("corrupt", "negative"))
        items = [p for p in items if not options.folder or p.split(os.sep)[0] in options.folder]
        reports["corpus"] = compare_files("the corpus", root, harness.chosen(items, options.names), options)
    if options.json:
        with open(options.json, "w") as out:
            json.dump({name: report.as_json() for name, report in reports.items()}, out, indent=1)
    return 1 if any(report.failures for report in reports.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
