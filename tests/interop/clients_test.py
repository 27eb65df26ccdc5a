"""Opens the maps of the corpus in the clients that follow them, and compares every array with what h5py reads.

Clients: zarr-python 2 and 3 over fsspec, xarray, zarrita under Node; zarr-python 3 and zarrita on .zarr3.json maps too;
LINDI with PyNWB on the .lindi.json maps of NWB files. Without a corpus they read the project's own fixtures.

    clients_test.py [--client NAME ...] [--keep FOLDER] [PART_OF_A_NAME ...]

Ends with 1 where a client reads other values, or fails for a reason that client_limits.py does not name.
"""

import argparse
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import h5py
import numpy as np

import client_limits
import compare
import harness
import hdf5_oracle as oracle
import known_oracle_faults
import rutter_cli

HERE = os.path.dirname(os.path.abspath(__file__))
MAIN = os.path.join(harness.PROJECT, ".venvs", "main", "bin", "python")
ZARR2 = os.path.join(harness.PROJECT, ".venvs", "zarr2", "bin", "python")
NODE = os.environ.get("NODE", "node")

# name: (command, ending of the map)
CLIENTS = {
    "zarr-python 2": ([ZARR2, f"{HERE}/clients/zarr_python.py"], ".json"),
    "zarr-python 3": ([MAIN, f"{HERE}/clients/zarr_python.py"], ".json"),
    "xarray": ([MAIN, f"{HERE}/clients/xarray_kerchunk.py"], ".json"),
    "zarrita": ([NODE, f"{HERE}/node/read_map.mjs"], ".json"),
    "zarr-python 3, v3 keys": ([MAIN, f"{HERE}/clients/zarr_python.py"], ".zarr3.json"),
    "zarrita, v3 keys": ([NODE, f"{HERE}/node/read_map.mjs"], ".zarr3.json"),
    "lindi + pynwb": ([ZARR2, f"{HERE}/clients/lindi_pynwb.py"], ".lindi.json"),
}
MAX_LINKS = 64  # followed on the way to one array; links may lead in circles
FOUR = ("zarr-python 2", "zarr-python 3", "xarray", "zarrita")


class Server:
    """A client process that reads one map after another; started again after a crash or a time-out."""

    def __init__(self, command):
        self.command, self.process = command, None

    def ask(self, request, seconds):
        """None, or what went wrong."""
        if self.process is None:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                            start_new_session=True)
        timer = threading.Timer(seconds, self.kill)
        timer.start()
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
            for line in self.process.stdout:
                if line.startswith(b'{"done"'):
                    return None
        except BrokenPipeError:
            pass
        finally:
            timer.cancel()
        code = self.process.wait()
        self.process = None
        return f"time-out after {seconds} s" if code == -signal.SIGKILL else f"the client died, exit code {code}"

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, AttributeError):
            pass

    def close(self):
        if self.process:
            self.process.stdin.close()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()


def available(name):
    """None where the client can run, else why not."""
    program = CLIENTS[name][0][0]
    if not shutil.which(program):
        return "no node" if program == NODE else f"no {program} (tools/make_venvs.sh)"
    if program == NODE and not os.path.isdir(f"{HERE}/node/node_modules"):
        return "no node modules (tools/make_venvs.sh)"
    return None


def in_parallel(work, workers, make_state=lambda: None, end_state=lambda state: None):
    """Runs the calls of `work` (functions of one state per worker) on `workers` threads."""
    waiting = queue.Queue()
    for call in work:
        waiting.put(call)

    def loop():
        state = make_state()
        while True:
            try:
                call = waiting.get_nowait()
            except queue.Empty:
                break
            call(state)
        end_state(state)

    threads = [threading.Thread(target=loop) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Suite:
    def __init__(self, root, scratch, workers):
        self.root, self.scratch, self.workers = root, scratch, workers
        self.map_errors, self.summaries, self.client_errors = {}, {}, {}

    def folder(self, item):
        return os.path.join(self.scratch, item.replace(os.sep, "+"))

    def map_file(self, item, ending):
        return os.path.join(self.folder(item), "map" + ending)

    def write_maps(self, items, endings):
        def one(item, ending):
            os.makedirs(self.folder(item), exist_ok=True)
            try:
                self.summaries[item, ending] = rutter_cli.write_map(os.path.join(self.root, item), self.map_file(item, ending))
            except rutter_cli.Refused as refused:
                self.map_errors[item, ending] = "refused: " + refused.reason()
            except rutter_cli.Broken as broken:
                self.map_errors[item, ending] = f"BROKEN: {broken}"

        in_parallel([lambda _, i=i, e=e: one(i, e) for i in items for e in endings if e != ".lindi.json" or is_nwb(i)], self.workers)

    def run_client(self, name, items, seconds):
        command, ending = CLIENTS[name]

        def one(server, item):
            request = {"map": self.map_file(item, ending), "out": os.path.join(self.folder(item), name),
                       "file": os.path.join(self.root, item), "zarr_format": 3 if ending == ".zarr3.json" else 2}
            problem = server.ask(request, seconds)
            if problem:
                self.client_errors[item, name] = problem

        mapped = [i for i in items if (i, ending) in self.summaries]
        in_parallel([lambda server, i=i: one(server, i) for i in mapped], self.workers,
                    lambda: Server(command), lambda server: server.close())
        return mapped


def is_nwb(item):
    return item.endswith(".nwb")


def index_of(suite, item, name):
    problem = suite.client_errors.get((item, name))
    if problem:
        return {"error": problem}
    with open(os.path.join(suite.folder(item), name, "index.json")) as file:
        return json.load(file)


class Document:
    """A written map: metadata of its arrays, and the native path of each."""

    def __init__(self, path):
        with open(path) as file:
            document = json.load(file)
        self.refs = document["refs"]
        extras = document.get("rutter", {})
        self.nodes = extras.get("nodes", {})
        # A link's array stands under the link's own path: its description is the target's.
        self.links = {rutter_cli.as_text(entry["path"]).strip("/"): entry for entry in extras.get("links", ())}
        self.renamed = {}  # (the parent's path in the map, a name in the file): the name in the map
        for path, entry in [*self.nodes.items(), *self.links.items()]:
            parent, _, name = path.rpartition("/")
            if "name" in entry:
                self.renamed[parent, rutter_cli.as_text(entry["name"])] = name

    def metadata(self, path):
        prefix = path + "/" if path else ""
        return json.loads(self.refs.get(prefix + ".zarray") or self.refs[prefix + "zarr.json"])

    def extra(self, path):
        """What the map says of an array beyond its Zarr metadata, also where `path` leads through links."""
        place, followed = "", 0
        steps = [(part, False) for part in path.split("/")]  # a name of the map, or of the file where True
        while steps:
            name, is_native = steps.pop(0)
            node = f"{place}/{self.renamed.get((place, name), name) if is_native else name}".strip("/")
            entry = self.links.get(node)
            if entry is None or followed > MAX_LINKS:
                place = node
                continue
            followed += 1
            target = rutter_cli.as_text(entry["target"])
            steps = [(part, True) for part in target.split("/") if part not in ("", ".")] + steps
            if target.startswith("/"):
                place = ""
        return self.nodes.get(place, {})

    def native_path(self, path):
        """The path in the file: names that Zarr clients cannot ask for are written otherwise in the map."""
        parts, out = path.split("/") if path else [], ""
        for depth in range(len(parts)):
            node = "/".join(parts[: depth + 1])
            entry = self.links.get(node) or self.nodes.get(node, {})
            out += "/" + rutter_cli.as_text(entry.get("name", parts[depth]))
        return out or "/"


def nested(flat, shape):
    """A flat list as nested lists."""
    if not shape:
        return flat[0]
    for n in reversed(shape[1:]):
        flat = [flat[i : i + n] for i in range(0, len(flat), n)] if n else [[] for _ in range(int(np.prod(shape[:-1])))]
    return flat


def entry_array(folder, entry):
    """The NumPy array of an entry, or None where it holds values."""
    if "npy" in entry:
        return np.load(os.path.join(folder, entry["npy"]), allow_pickle=False)
    if "raw" in entry:
        kind = {"bool": "?"}.get(entry["type"], entry["type"])
        with open(os.path.join(folder, entry["raw"]), "rb") as file:
            return np.frombuffer(file.read(), kind).reshape(entry["shape"])
    if "flat" in entry and not entry["shape"] and isinstance(entry["flat"][0], (int, float)) and entry["type"] in np.sctypeDict:
        return np.array(int(entry["big"]) if entry.get("big") else entry["flat"][0], entry["type"])
    return None


def decode_rutter_json(value):
    """Values of the object codec "rutter-json": a JSON text per element, object references as their path."""
    if isinstance(value, list):
        return [decode_rutter_json(v) for v in value]
    if value.startswith("/"):
        return {"path": value}
    return json.loads(value)


def without_gaps(dtype):
    """A structured type without the members that name the bytes between the file's own members."""
    if dtype.subdtype:
        return np.dtype((without_gaps(dtype.subdtype[0]), dtype.subdtype[1]))
    if dtype.names is None:
        return dtype
    kept = [name for name in dtype.names if not re.fullmatch(r"__pad\d+", name)]
    fields = [dtype.fields[name] for name in kept]
    return np.dtype({"names": kept, "formats": [without_gaps(f[0]) for f in fields], "offsets": [f[1] for f in fields], "itemsize": dtype.itemsize})


class Dataset:
    """A dataset as h5py reads it, and what was already found to be equal to it."""

    def __init__(self, file, native):
        self.file, self.handle = file, file.handle[native.encode("utf-8", "surrogateescape")]
        self.parts = {}
        self.corner = oracle.plan(self.handle)[0]
        self.part(self.corner)
        self.equal_values = None  # (object codec, values) of a client

    def part(self, selection):
        """What h5py reads of a selection, which is () for all."""
        key = repr(selection)  # slices have no hash before Python 3.12
        if key not in self.parts:
            self.parts[key] = oracle.read(self.handle, selection)
        return self.parts[key]

    def expected_for(self, actual, entry):
        """What h5py has in the place of a client's array, which may be the corner of a larger one."""
        whole = entry.get("whole")
        inner = self.handle.dtype.subdtype
        shape = list(self.handle.shape) + list(inner[1] if inner else ())
        if whole is None or whole == list(actual.shape) or whole != shape:
            return np.asarray(self.part(self.corner))
        selection = tuple(slice(0, n) for n in actual.shape)
        axes, rest = selection[: self.handle.ndim], selection[self.handle.ndim :]
        expected = np.asarray(self.part(()))[axes] if self.corner == () else np.asarray(self.part(axes))
        return expected[(..., *rest)] if rest else expected

    def compare(self, folder, entry, object_codec):
        """None, or how a client's array differs."""
        actual = entry_array(folder, entry)
        if self.handle.shape is None:  # a null dataspace: Zarr says it by an array of no elements
            shape = list(actual.shape) if actual is not None else entry["shape"]
            return None if shape[:1] == [0] else f"shape {shape}, expected no dataspace"  # and the axes of an array type
        if actual is None:
            return self.compare_values(entry, object_codec)
        expected = self.expected_for(actual, entry)
        if expected.dtype.kind == "O":
            return f"dtype {actual.dtype}, expected {self.handle.dtype}"
        if actual.dtype.kind == "b" and expected.dtype.kind == "b":
            return compare.arrays(expected.view("u1"), actual.view("u1"))
        if actual.dtype.names:
            actual = actual.view(without_gaps(actual.dtype))
        elif actual.dtype.kind == "c" and expected.dtype.names and expected.dtype.itemsize == actual.dtype.itemsize:
            expected = np.ascontiguousarray(expected).view(actual.dtype).reshape(actual.shape)  # {real, imag}: complex to Zarr, not to h5py
        elif actual.dtype.kind == "V" and expected.dtype.kind != "V":
            expected = expected.view(f"V{expected.dtype.itemsize}")  # opaque, with a tag that h5py takes for a type of NumPy's
        return compare.arrays(expected, actual)

    def compare_values(self, entry, object_codec):
        if 0 in (entry.get("shape") or ()):
            return None if self.handle.size == 0 else f"no elements, expected {self.handle.shape}"
        values = entry["values"] if "values" in entry else nested(entry["flat"], entry["shape"])
        if self.equal_values == (object_codec, values):
            return None
        decoded = decode_rutter_json(values) if object_codec == "rutter-json" else values
        difference = compare.values(self.part(self.corner), decoded, self.file.resolver)
        if difference is None:
            self.equal_values = (object_codec, values)
        return difference


class Checked:
    """The file as h5py sees it, for compare.values."""

    def __init__(self, path):
        self.handle = oracle.open_file(path)
        self.resolver = compare.Resolver(self.handle)


def judge(suite, item, skip, names):
    """The job of one file: compares what every client wrote."""
    path = os.path.join(suite.root, item)
    os.chdir(os.path.dirname(path))
    yield {"begin": "open"}
    if "open" in skip:
        return
    try:
        file = Checked(path)
    except Exception as error:
        yield {"oracle": oracle.cause(error), "path": "/"}
        return
    opened = []
    for name in names:
        ending = CLIENTS[name][1]
        if (item, ending) not in suite.summaries:
            continue
        index = index_of(suite, item, name)
        opened.append((name, index.get("arrays", {}), Document(suite.map_file(item, ending)), os.path.join(suite.folder(item), name)))
        if "error" in index:
            limit = client_limits.of_map(name, index["error"])
            yield {"client": name, "path": "(map)", "result": "limit" if limit else "failed", "reason": limit or index["error"]}
    for key in dict.fromkeys(key for _, arrays, _, _ in opened for key in arrays):
        dataset = None
        for name, arrays, document, folder in opened:
            entry = arrays.get(key)
            if entry is None:
                continue
            native = document.native_path(key)
            if dataset is None:
                yield {"begin": native}
                if native in skip:
                    break
                try:
                    dataset = Dataset(file, native)
                except Exception as error:
                    yield {"oracle": oracle.cause(error), "path": native}
                    break
            yield from judge_array(name, native, entry, document.metadata(key), document.extra(key), dataset, folder)


def judge_array(name, native, entry, meta, extra, dataset, folder):
    """What one client made of one array."""
    problem = entry.get("error") or entry.get("decoding")
    if problem:
        limit = client_limits.of_array(name, meta, extra, problem)
        reason = limit or ("decoded: " if "error" not in entry else "") + problem
        yield {"client": name, "path": native, "result": "limit" if limit else "failed", "reason": reason}
        if "error" in entry:
            return
    difference = dataset.compare(folder, entry, extra.get("object_codec"))
    if difference:
        limit = client_limits.of_difference(name, meta, extra, difference)
        yield {"client": name, "path": native, "result": "limit" if limit else "different", "reason": limit or difference}
    else:
        yield {"client": name, "path": native, "result": "equal"}


class Report:
    def __init__(self, names):
        self.counts = {name: {"equal": 0, "different": 0, "failed": 0} for name in names}
        self.limits = {name: harness.Tally(examples=2) for name in names}
        self.faults, self.oracle, self.failures = harness.Tally(examples=1), harness.Tally(), []
        self.whole = {name: 0 for name in names}
        self.in_subset = self.four_equal = 0

    def add(self, item, records, names):
        bad, limited = set(), set()
        for record in records:
            if "oracle" in record:
                self.oracle.add(record["oracle"], f"{item} {record['path']}")
                continue
            name, result = record["client"], record["result"]
            if result == "limit":
                self.limits[name].add(record["reason"], f"{item} {record['path']}")
                if record["path"] != "(map)":  # what cannot be listed can still be opened by its path, and was
                    limited.add(name)
                continue
            known = known_oracle_faults.why(item, "datasets", record["path"]) if result == "different" else None
            if known:
                self.faults.add(known, f"{item} {record['path']}")
                continue
            self.counts[name][result] += 1
            if result != "equal":
                bad.add(name)
                self.failures.append(f"{item} {record['path']} [{name}]: {result}: {record['reason']}")
        for name in names:
            self.whole[name] += name not in bad and name not in limited
        if not limited & set(FOUR):
            self.in_subset += 1
            self.four_equal += not bad & set(FOUR)

    def show(self, limit):
        for name, counts in self.counts.items():
            print(f"{name}: arrays equal {counts['equal']}, different {counts['different']}, failed {counts['failed']}, "
                  f"beyond the client {self.limits[name].total()}; files wholly equal {self.whole[name]}")
            self.limits[name].show("    ")
        print(f"maps whose arrays all lie in what the four clients take: {self.in_subset}, equal in all four {self.four_equal}")
        if self.faults.total():
            print("differences that are h5py's (known_oracle_faults.py):")
            self.faults.show("    ")
        print(f"not comparable, h5py cannot read: {self.oracle.total()}")
        self.oracle.show("    ")
        for line in self.failures[:limit]:
            print("FAILED", line)
        if len(self.failures) > limit:
            print(f"... and {len(self.failures) - limit} more")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--client", action="append", choices=CLIENTS)
    parser.add_argument("--keep", help="write maps and what the clients read here, and leave them")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seconds", type=float, default=900, help="time-out of one client for one map")
    parser.add_argument("--show", type=int, default=60, help="failures to print")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="one file in N")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    rutter_cli.require_binary()
    root = harness.corpus_root()
    if root is None:
        print("skipped: no corpus; the clients read the project's own fixtures")
        root, items = harness.PROJECT, harness.own_files()
    else:
        items = harness.hdf5_files(root)
    items = harness.chosen(items, options.names)[:: options.every]
    names, start = [], time.monotonic()
    for name in options.client or CLIENTS:
        why = available(name)
        if why:
            print(f"skipped: {why}: {name}")
        else:
            names.append(name)
    with harness.scratch_folder() as temporary:
        suite = Suite(root, options.keep or temporary, options.jobs)
        suite.write_maps(items, sorted({CLIENTS[name][1] for name in names}))
        print(f"{len(suite.summaries)} maps of {len(items)} files, {time.monotonic() - start:.0f} s", flush=True)
        refused = harness.Tally()
        for (item, ending), reason in sorted(suite.map_errors.items()):
            refused.add(f"{ending}: {reason[:100]}", item)
        refused.show("    ")
        for name in names:
            began = time.monotonic()
            chosen = [i for i in items if is_nwb(i)] if CLIENTS[name][1] == ".lindi.json" else items
            mapped = suite.run_client(name, chosen, options.seconds)
            print(f"{name}: {len(mapped)} maps, {time.monotonic() - began:.0f} s", flush=True)
        zarr_names = [n for n in names if CLIENTS[n][1] != ".lindi.json"]
        report = Report(zarr_names)
        for item, records, faults in harness.run_jobs(items, lambda i, skip: judge(suite, i, skip, zarr_names), options.jobs, 120):
            if (item, ".json") in suite.summaries:
                report.add(item, records, zarr_names)
            for fault in faults:
                report.failures.append(f"{item} {fault['object']}: the judge died: {fault['cause']}")
        lindi_failures = 0
        report.failures += [f"{i} {e}: {r}" for (i, e), r in suite.map_errors.items() if r.startswith("BROKEN")]
        report.show(options.show)
        if "lindi + pynwb" in names:
            lindi_failures = show_lindi(suite, [i for i in items if is_nwb(i)], options.show)
    equal = sum(c["equal"] for c in report.counts.values())
    print(f"clients test: {time.monotonic() - start:.0f} s")
    print(f"{equal} passed, {len(report.failures) + lindi_failures} failed")
    return 1 if report.failures or lindi_failures else 0


def show_lindi(suite, items, limit):
    """What clients/lindi_pynwb.py found; returns the number of files that differ."""
    tally, failures = harness.Tally(examples=50), []
    objects = values = 0
    for item in items:
        if (item, ".lindi.json") not in suite.summaries:
            tally.add("no map: " + suite.map_errors[item, ".lindi.json"], item)
            continue
        index = index_of(suite, item, "lindi + pynwb")
        verdict = index.get("verdict", "failed")
        objects, values = objects + index.get("objects", 0), values + index.get("values", 0)
        reason = index.get("reason", index.get("error", ""))
        causes = {text: client_limits.of_lindi(text) for text in index.get("cannot", ())}
        if verdict == "LINDI's own map fails too":
            causes[reason] = client_limits.of_lindi(reason)
        unnamed = [text for text, cause in causes.items() if cause is None]
        if verdict in ("failed", "different") or unnamed:
            failures.append(f"{item} [lindi + pynwb]: {verdict}: {reason or unnamed[0]}")
            tally.add(verdict if not unnamed else "a fault without a named cause", item)
        elif causes:
            tally.add(f"{verdict}, but for LINDI's own fault: {next(iter(causes.values()))}", item)
        else:
            tally.add(verdict + (f": {reason[:90]}" if reason else ""), item)
    print(f"lindi + pynwb: {len(items)} NWB files, {objects} objects and {values} values compared")
    tally.show("    ", with_examples=False)
    for line in failures[:limit]:
        print("FAILED", line)
    return len(failures)


if __name__ == "__main__":
    sys.exit(main())
