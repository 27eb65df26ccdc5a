"""Runs the benchmarks beside other tools: first checks that all give the same, then times each, then prints ratios.

    run.py [--rounds N] [--json OUT] [B1] [B2] [B3] [B7] [B9] [B10] [PLAIN]

Every figure is the median over the runs of one process (in process) or of whole processes (command). Nothing is asserted
about time. RUTTER_BENCH_DIR holds the inputs (default build/bench, 2 GB).
"""

import argparse
import glob
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time

import equality
import generate

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDER = os.path.abspath(os.environ.get("RUTTER_BENCH_DIR", os.path.join(PROJECT, "build", "bench")))
PROGRAMS = os.path.join(PROJECT, "build", "release", "bin")
TOOLS = os.path.join(PROJECT, "build", "bench-tools")
RUTTER, NATIVE = os.path.join(PROGRAMS, "rutter"), os.path.join(PROGRAMS, "rutter_bench")
MAIN = os.path.join(PROJECT, ".venvs", "main", "bin", "python")
# Outputs go to memory where there is some: else the disk's time to sync them is what is measured.
OUTPUT = f"/dev/shm/rutter-bench-{os.getuid()}" if os.path.isdir("/dev/shm") and shutil.disk_usage("/dev/shm").free > 1 << 30 else os.path.join(FOLDER, "out")
STORES = os.path.join(PROJECT, ".venvs", "stores", "bin", "python")
ZARR2 = os.path.join(PROJECT, ".venvs", "zarr2", "bin", "python")
BIG_DATASET = "/acquisition/ElectricalSeriesAP/data"


def peer(name):
    return os.path.join(PROJECT, "bench", "peers", name)


def out(name):
    return os.path.join(OUTPUT, name)


def newest_hdf5():
    """The libhdf5 inside the h5py wheel."""
    found = glob.glob(os.path.join(PROJECT, ".venvs/main/lib/python3*/site-packages/h5py.libs/libhdf5-*"))
    return found[0] if found else None


def build_tools():
    os.makedirs(TOOLS, exist_ok=True)
    for source, libraries in (("measure.c", []), ("peers/chunk_iter.c", ["-ldl"])):
        program = os.path.join(TOOLS, os.path.basename(source)[:-2])
        subprocess.run(["cc", "-O2", "-o", program, os.path.join(PROJECT, "bench", source), *libraries], check=True)


class Rival:
    """One tool at one task.

    in_process: command that prints the JSON line of peers/timing.py; {n} and {heat} stand for the repeats and warm|cold.
    command: a whole process to be timed from outside. base: the name of the rival that this one's ratios are against."""

    def __init__(self, name, in_process=None, command=None, repeats=9, note="", command_repeats=None):
        self.name, self.in_process, self.command, self.repeats, self.note = name, in_process, command, repeats, note
        self.command_repeats = command_repeats or repeats


def call(command, seconds=900):
    """The JSON line that a command prints, or {"error": text}."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, cwd=FOLDER)
    except subprocess.TimeoutExpired:
        return {"error": f"time-out after {seconds} s"}
    except OSError as error:
        return {"error": str(error)}
    for line in reversed(done.stdout.splitlines()):
        if line.startswith('{"seconds"'):
            return json.loads(line)
    text = (done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}").splitlines()[-1]
    return {"error": text[:160]}


def figures(record):
    if "error" in record:
        return record
    return {"seconds": statistics.median(record["seconds"]), "runs": len(record["seconds"]), "spread": [min(record["seconds"]), max(record["seconds"])],
            "cpu_seconds": statistics.median(record["cpu_seconds"]), "peak_rss": record["peak_rss"], "bytes_read": record["bytes_read"],
            "result": record.get("result")}


def run_rival(rival, file, heat, rounds):
    repeats = str(min(rival.repeats, rounds))
    row = {"rival": rival.name, "note": rival.note}
    print(f"  ... {rival.name}", end="\r" if sys.stdout.isatty() else "\n", file=sys.stderr, flush=True)
    if rival.in_process:
        row["in_process"] = figures(call([part.format(n=repeats, heat=heat) for part in rival.in_process]))
    if rival.command:
        repeats = str(min(rival.command_repeats, rounds))
        row["command"] = figures(call([os.path.join(TOOLS, "measure"), repeats, heat, file, *rival.command]))
    return row


class Task:
    def __init__(self, name, title, file, rivals, check, heat="warm", same_result=False):
        self.name, self.title, self.file, self.rivals, self.check, self.heat = name, title, file, rivals, check, heat
        self.same_result = same_result

    def run(self, rounds):
        print(f"\n{self.name}  {self.title}", flush=True)
        rows = [run_rival(rival, self.file, self.heat, rounds) for rival in self.rivals]
        problems = list(self.check()) if self.check else []
        if self.same_result:
            results = {r["rival"]: r["in_process"]["result"] for r in rows if "result" in r.get("in_process", {})}
            if len({json.dumps(v) for v in results.values()}) > 1:
                problems.append(f"results differ: {results}")
        print("  outputs: " + ("equal" if not problems else "DIFFERENT: " + "; ".join(problems)))
        show(rows)
        return {"task": self.name, "title": self.title, "heat": self.heat, "rows": rows, "problems": problems}


def show(rows):
    base = rows[0]

    def seconds(record):
        if record is None:
            return "-"
        return "fails" if "error" in record else f"{record['seconds'] * 1000:.2f}"

    def ratio(row, kind):
        mine, theirs = base.get(kind), row.get(kind)
        if not mine or not theirs or "error" in mine or "error" in theirs or row is base:
            return ""
        return f"{theirs['seconds'] / mine['seconds']:.1f}x"

    head = ("", "in process ms", "ratio", "command ms", "ratio", "CPU s", "peak MB", "read MB", "runs")
    lines = [head]
    for row in rows:
        inner, outer = row.get("in_process"), row.get("command")
        cost = inner if inner and "error" not in inner else outer if outer and "error" not in outer else None
        lines.append((row["rival"], seconds(inner), ratio(row, "in_process"), seconds(outer), ratio(row, "command"),
                      f"{cost['cpu_seconds']:.3f}" if cost else "-", f"{cost['peak_rss'] / 1e6:.0f}" if cost else "-",
                      f"{cost['bytes_read'] / 1e6:.1f}" if cost else "-", str(cost["runs"]) if cost else "-"))
    widths = [max(len(line[k]) for line in lines) for k in range(len(head))]
    for line in lines:
        print("  " + "  ".join(text.ljust(w) if k == 0 else text.rjust(w) for k, (text, w) in enumerate(zip(line, widths))))
    for row in rows:
        for kind in ("in_process", "command"):
            if "error" in row.get(kind, {}):
                print(f"  {row['rival']} ({kind.replace('_', ' ')}): {row[kind]['error']}")
        if row["note"]:
            print(f"  {row['rival']}: {row['note']}")
    sys.stdout.flush()


def python_peer(name, script, file, arguments=(), repeats=9, python=MAIN, whole=True, note="", command_repeats=None):
    command = [python, peer(script), file]
    return Rival(name, [*command, "{n}", "{heat}", *arguments], [*command, "1", "warm", *arguments] if whole else None, repeats, note, command_repeats)


def map_rivals(file, tag, kerchunk_commands=3):
    """What makes a map of a whole file; the first is rutter."""
    mine, kerchunk = out(f"{tag}.rutter.json"), out(f"{tag}.kerchunk.json")
    return [
        Rival("rutter map", [NATIVE, "map", file, "{n}", "{heat}", out(f"{tag}.native.json")], [RUTTER, "map", file, "-o", mine]),
        python_peer("kerchunk", "kerchunk_map.py", file, [kerchunk], repeats=3, command_repeats=kerchunk_commands),
    ]


def b1():
    file, small = os.path.join(FOLDER, "nwb2000.h5"), os.path.join(FOLDER, "nwb1500.h5")
    rivals = map_rivals(file, "b1") + [
        python_peer("LINDI", "lindi_map.py", file, [out("b1.lindi.json")], repeats=3, python=ZARR2, command_repeats=1),
        python_peer("VirtualiZarr", "virtualizarr_map.py", small, repeats=3,
                    note="on the 1,500 datasets without text: its parser takes no variable-length strings; manifests only, no JSON"),
        python_peer("h5py walk", "h5py_walk.py", file, repeats=5),
        python_peer("hidefix", "hidefix_index.py", file, repeats=3, note="an index of the chunks alone"),
        Rival("h5dump -A", command=[shutil.which("h5dump") or "h5dump", "-A", file]),
    ]
    return Task("B1", "map 2,000 datasets to JSON, warm", file, rivals,
                lambda: equality.maps(out("b1.rutter.json"), out("b1.kerchunk.json"), file))


def b2(kind):
    file = os.path.join(FOLDER, f"idx_{kind}_1000000.h5")
    return [
        Task(f"B2 {kind} to columns", "chunk places of 1,000,000 chunks as columns, warm", file, [
            Rival("rutter", [NATIVE, "columns", file, "{n}", "{heat}", "/d"]),
            Rival("H5Dchunk_iter", [os.path.join(TOOLS, "chunk_iter"), newest_hdf5() or "", file, "{n}", "{heat}", "/d"],
                  note="libhdf5 of the h5py wheel, called from C"),
            python_peer("h5py chunk_iter", "h5py_chunk_iter.py", file, ["/d"], repeats=3, whole=False),
        ], None, same_result=True),
        Task(f"B2 {kind} to JSON", "map of 1,000,000 chunks as JSON, warm", file, map_rivals(file, f"b2{kind}", kerchunk_commands=1),
             lambda: equality.references(out(f"b2{kind}.rutter.json"), out(f"b2{kind}.kerchunk.json"), "d/")),
    ]


def b3():
    file = os.path.join(FOLDER, "big100k.h5")
    chunk_iter = os.path.join(TOOLS, "chunk_iter")
    return [
        Task("B3 to JSON", "map of 100,000 chunks over 1.57 GB as JSON, pages of the file dropped", file, map_rivals(file, "b3"),
             lambda: equality.references(out("b3.rutter.json"), out("b3.kerchunk.json"), BIG_DATASET.strip("/") + "/"), heat="cold"),
        Task("B3 to columns", "the same to columns", file, [
            Rival("rutter", [NATIVE, "columns", file, "{n}", "{heat}", BIG_DATASET]),
            Rival("H5Dchunk_iter", [chunk_iter, newest_hdf5() or "", file, "{n}", "{heat}", BIG_DATASET]),
        ], None, heat="cold", same_result=True),
    ]


def b9():
    file, tasks = os.path.join(FOLDER, "big100k.h5"), []
    references = out("b9.kerchunk.json")
    call([MAIN, peer("kerchunk_map.py"), file, "1", "warm", references])
    titles = {"slab": "60,000 x 384 of gzip+shuffle int16 (46 MB)", "channel": "one channel of 60,000 samples", "scalars": "200 single values at random"}
    for what, title in titles.items():
        native = [NATIVE, "slab", file, "{n}", "{heat}", BIG_DATASET, what]
        rivals = [
            Rival("rutter", native),
            Rival("rutter, 1 thread", [*native, "1"]),
            python_peer("h5py", "h5py_slab.py", file, [BIG_DATASET, what], whole=False),
        ]
        if what != "slab":
            rivals.append(Rival("rutter, again", [*native, "again"], note="one open file over all runs: all chunks of this task stay decoded"))
            rivals.append(python_peer("h5py, again", "h5py_slab.py", file, [BIG_DATASET, what, "again"], whole=False,
                                      note="one handle over all runs: all chunks of this task fit its cache of decoded chunks"))
        if what != "scalars":
            rivals.append(python_peer("hidefix", "hidefix_slab.py", file, [BIG_DATASET, what], whole=False))
        rivals += [
            python_peer("kerchunk + zarr-python 3", "zarr_slab.py", file, [BIG_DATASET, what, references], whole=False, note="the map is open"),
            python_peer("kerchunk + zarr-python 2", "zarr_slab.py", file, [BIG_DATASET, what, references], whole=False, python=ZARR2, note="the map is open"),
        ]
        tasks.append(Task(f"B9 {what}", title + ", warm", file, rivals, None, same_result=True))
    return tasks


def plain():
    """The same stored bytes as HDF5 and as plain Zarr, which the other engines read best."""
    tasks = []
    for codec, title in {"gzip": "gzip", "zstd": "Zstandard", "raw": "uncompressed"}.items():
        file = os.path.join(FOLDER, f"plain_{codec}.h5")
        store = file.replace(".h5", ".zarr")
        rivals = [Rival("rutter, of HDF5", [NATIVE, "slab", file, "{n}", "{heat}", "/data", "slab"])]
        rivals += [python_peer(f"{name}, of plain Zarr", "plain_slab.py", store, [tool], python=STORES, whole=False)
                   for name, tool in (("TensorStore", "tensorstore"), ("zarrs", "zarrs"), ("zarr-python 3", "zarr"))]
        tasks.append(Task(f"PLAIN {codec}", f"60,000 x 384 of {title} int16 chunks (46 MB), warm", file, rivals, None, same_result=True))
    return tasks


def b7():
    file, array = os.path.join(FOLDER, "refs10m.json"), "/temp"
    return [
        Task("B7 open", "a map of 10,000,000 references (818 MB): open it, then 1,000 lookups", file, [
            Rival("rutter", [NATIVE, "references", file, "{n}", "{heat}", array]),
            python_peer("fsspec", "fsspec_references.py", file, [array], repeats=3, whole=False, note="ReferenceFileSystem; its dictionary of references is asked"),
        ], None, same_result=True),
        Task("B7 lookups", "the 1,000 lookups alone", file, [
            Rival("rutter", [NATIVE, "lookups", file, "{n}", "{heat}", array]),
            python_peer("fsspec", "fsspec_references.py", file, [array, "lookups"], whole=False),
        ], None, same_result=True),
    ]


def b10():
    file, raw, dataset = os.path.join(FOLDER, "contig4g.h5"), os.path.join(FOLDER, "raw4g.bin"), "/acquisition/ElectricalSeries/data"
    mine, references = os.path.join(FOLDER, "b10.rutter.json"), out("b10.kerchunk.json")
    subprocess.run([RUTTER, "map", file, "-o", mine], check=True, capture_output=True)
    titles = {"small": "1,000 reads of 1,920 bytes at random", "channel": "one channel of 30,000 samples", "run": "30,000 x 384 samples (23 MB)"}
    tasks = []
    for what, title in titles.items():
        tasks.append(Task(f"B10 {what}", title + " of a flat recording of 4.3 GB, warm, open handle", file, [
            Rival("rutter", [NATIVE, "partial", file, "{n}", "{heat}", dataset, what]),
            Rival("rutter, through its map", [NATIVE, "partial", mine, "{n}", "{heat}", dataset, what]),
            python_peer("h5py", "partial_read.py", file, ["h5py", dataset, what], whole=False),
            python_peer("numpy.memmap", "partial_read.py", raw, ["memmap", dataset, what], whole=False),
        ], None, same_result=True))
    call([MAIN, peer("kerchunk_map.py"), file, "1", "warm", references])
    tasks.append(Task("B10 one", "one read of 1,920 bytes through a kerchunk map", file, [
        python_peer("h5py", "partial_read.py", file, ["h5py", dataset, "one"], whole=False),
        python_peer("kerchunk + zarr-python 3", "partial_read.py", references, ["zarr", dataset, "one"], repeats=1, whole=False,
                    note="reads the whole chunk, which is the whole recording"),
    ], None, same_result=True))
    return tasks


def machine():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), "cpu": model, "cores": os.cpu_count(), "memory_gb": round(memory / 1e9),
            "system": f"{platform.system()} {platform.release().split('-')[0]}, {platform.libc_ver()[0]} {platform.libc_ver()[1]}", "load": os.getloadavg()[0]}


def versions():
    """Of all tools that are compared."""
    found = {"rutter": subprocess.run([RUTTER, "--version"], capture_output=True, text=True).stdout.strip().removeprefix("rutter ")}
    code = ("import importlib.metadata as m, h5py; print('; '.join(f'{n} {m.version(n)}' for n in "
            "('kerchunk', 'virtualizarr', 'hidefix', 'h5py', 'zarr', 'fsspec')) + '; HDF5 ' + h5py.version.hdf5_version)")
    code2 = "import importlib.metadata as m; print('; '.join(f'{n} {m.version(n)}' for n in ('lindi', 'zarr')))"
    code3 = "import importlib.metadata as m; print('; '.join(f'{n} {m.version(n)}' for n in ('tensorstore', 'zarrs')))"
    for title, python, script in (("", MAIN, code), (" (second environment)", ZARR2, code2), ("", STORES, code3)):
        text = subprocess.run([python, "-c", script], capture_output=True, text=True).stdout.strip()
        found.update((name + title, version) for name, version in (part.rsplit(" ", 1) for part in text.split("; ") if part))
    h5dump = subprocess.run(["h5dump", "--version"], capture_output=True, text=True).stdout.split()
    return {**found, "h5dump": h5dump[-1] if h5dump else "missing"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=9, help="runs of each; slow peers have fewer")
    parser.add_argument("--json", default=os.path.join(FOLDER, "results.json"))
    parser.add_argument("tasks", nargs="*", default=[], help="B1 B2 B3 B7 B9 B10 PLAIN; all of them where none is named")
    options = parser.parse_args()
    wanted = [t.upper() for t in options.tasks] or ["B1", "B2", "B3", "B7", "B9", "B10", "PLAIN"]
    parts = {"B1": ["nwb"], "B2": ["idx"], "B3": ["big"], "B7": ["refs"], "B9": ["big"], "B10": ["contig"], "PLAIN": ["plain"]}
    generate.generate(FOLDER, sorted({p for t in wanted for p in parts[t]}))
    os.makedirs(out(""), exist_ok=True)
    build_tools()
    here = machine()
    print(f"{here['cpu']}, {here['cores']} cores, load {here['load']:.1f}; medians of up to {options.rounds} runs; ratio = tool / rutter")
    makers = {"B1": lambda: [b1()], "B2": lambda: [t for kind in generate.INDEX_KINDS for t in b2(kind)], "B3": b3, "B7": b7, "B9": b9,
              "B10": b10, "PLAIN": plain}
    start, results = time.monotonic(), []
    try:
        for name in wanted:
            results += [task.run(options.rounds) for task in makers[name]()]
    finally:
        shutil.rmtree(OUTPUT, ignore_errors=True)
    with open(options.json, "w") as file:
        json.dump({"machine": here, "versions": versions(), "rounds": options.rounds, "tasks": results}, file, indent=1)
    print(f"\n{time.monotonic() - start:.0f} s; all figures: {os.path.relpath(options.json, PROJECT)}")
    return 1 if any(r["problems"] for r in results) else 0


if __name__ == "__main__":
    sys.exit(main())
