"""The benchmarks over a network that is not there: a server on loopback that waits 30 ms before each answer.

    network.py [--rounds N] [--connect MS] [B5] [B6] [B10] [B11] [CHANNEL] [FILES]

Requests and bytes are the server's counts, of the last run of each tool. --connect adds what a handshake costs to the first answer
of each connection. Needs .venvs/remote (bench/requirements-network.txt) and the inputs scatter, big, contig and days of generate.py."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request

import equality
import generate
import run

REMOTE = os.path.join(run.PROJECT, ".venvs", "remote", "bin", "python")
DELAY_MS = 30


class Server:
    def __init__(self, connect_ms):
        command = [os.path.join(run.PROGRAMS, "delay_server"), str(DELAY_MS), "0", run.FOLDER, str(connect_ms)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.origin = f"http://127.0.0.1:{self.process.stdout.readline().strip()}"

    def counts(self):
        """Since it was asked last: requests, bytes, most in flight, connections."""
        with urllib.request.urlopen(self.origin + "/__stat") as answer:
            return json.load(answer)


def tool(server, name, command, repeats):
    """Runs a tool that prints the line of peers/timing.py; once more first, with one repeat, for the counts."""
    print(f"  ... {name}", file=sys.stderr, flush=True)
    server.counts()
    record = run.call([part.format(n=1) for part in command])
    counts = server.counts()
    if "error" not in record and repeats > 1:
        record = run.call([part.format(n=repeats) for part in command])
        server.counts()
    row = {"tool": name, "requests": counts["n"], "bytes": counts["b"], "in_flight": counts["mx"], "connections": counts["c"]}
    if "error" in record:
        return {**row, "error": record["error"]}
    return {**row, "seconds": statistics.median(record["seconds"]), "cpu_seconds": statistics.median(record["cpu_seconds"]), "runs": len(record["seconds"]),
            "peak_rss": record["peak_rss"], "result": record.get("result")}


def show(title, rows, problems):
    print(f"\n{title}\n  outputs: " + ("equal" if not problems else "DIFFERENT: " + "; ".join(problems)))
    print(f"  {'':28}{'seconds':>9}{'ratio':>8}{'CPU s':>8}{'requests':>10}{'MB':>10}{'at once':>9}{'peak MB':>9}{'runs':>6}")
    for row in rows:
        if "error" in row:
            print(f"  {row['tool']:28}fails: {row['error']}")
            continue
        ratio = f"{row['seconds'] / rows[0]['seconds']:.1f}x" if row is not rows[0] else ""
        print(f"  {row['tool']:28}{row['seconds']:9.3f}{ratio:>8}{row['cpu_seconds']:8.2f}{row['requests']:10}{row['bytes'] / 1e6:10.2f}{row['in_flight']:9}{row['peak_rss'] / 1e6:9.0f}{row['runs']:6}")
    sys.stdout.flush()


def python(script, url, *arguments):
    return [REMOTE, run.peer(script), url, "{n}", "warm", *arguments]


def mapping(server, name, title, file, prefix, rounds):
    url, mine, theirs = f"{server.origin}/{file}", run.out(f"{name}.rutter.json"), run.out(f"{name}.kerchunk.json")
    rows = [tool(server, "rutter map", [os.path.join(run.TOOLS, "measure"), "{n}", "warm", os.path.join(run.FOLDER, file), run.RUTTER, "map", url, "-o", mine], rounds)]
    for peer in ("kerchunk", "virtualizarr", "fsspec", "remfile"):
        rows.append(tool(server, peer if peer in ("kerchunk", "virtualizarr") else f"{peer} + h5py", python("remote_map.py", url, peer, theirs), 1 if peer != "remfile" else min(3, rounds)))
    problems = list(equality.references(mine, theirs, prefix)) if os.path.exists(theirs) else ["kerchunk gave nothing"]
    show(f"{name}  {title}", rows, problems)
    return {"task": name, "rows": rows, "problems": problems}


def reading(server, name, title, file, dataset, part, rounds):
    url, references = f"{server.origin}/{file}", run.out(f"{name}.json")
    subprocess.run([run.RUTTER, "map", url, "-o", references], check=True, stdout=subprocess.DEVNULL)
    raw = run.out(f"{name}.raw")
    slice_text = ",".join(part)
    command = [run.RUTTER, "read", references, dataset, "-s", slice_text, "--raw", raw]
    rows = [tool(server, "rutter read (command)", [os.path.join(run.TOOLS, "measure"), "{n}", "warm", references, *command], rounds)]
    if name == "B11":
        rows.insert(0, tool(server, "rutter, map opened too", [run.NATIVE, "slab", references, "{n}", "warm", dataset, "slab"], rounds))
    rows += [tool(server, f"zarr-python, {n} in flight", python("remote_slab.py", url, "zarr", dataset, references, *part, n), min(3, rounds)) for n in (("10", "128") if name == "B11" else ("10",))]
    rows += [tool(server, f"{peer} + h5py", python("remote_slab.py", url, peer, dataset, references, *part), min(3, rounds)) for peer in ("fsspec", "remfile")]
    import numpy as np
    import slab_tasks

    mine = slab_tasks.digest(np.fromfile(raw, "<i2"))
    problems = [f"{row['tool']}: {row['result']}, not {mine}" for row in rows[1:] if "error" not in row and not row["tool"].startswith("rutter read") and str(row["result"]) != str(mine)]
    show(f"{name}  {title}", rows, problems)
    return {"task": name, "rows": rows, "problems": problems}


def many_files(server, name, title, rounds):
    """A map as kerchunk's combining makes it: a file a day, and no sizes."""
    import numpy as np
    import slab_tasks

    references, raw = run.out(f"{name}.json"), run.out(f"{name}.raw")
    with open(os.path.join(run.FOLDER, "days.json")) as file:
        document = json.load(file)
    for key, value in document["refs"].items():
        if isinstance(value, list):
            value[0] = f"{server.origin}/{value[0]}"
    with open(references, "w") as file:
        json.dump(document, file)
    shape = json.loads(document["refs"]["temp/.zarray"])["shape"]
    part = (f"0:{shape[0]}", f"0:{shape[1]}")
    command = [run.RUTTER, "read", references, "temp", "-s", ",".join(part), "--raw", raw, "--allow", server.origin + "/"]
    rows = [tool(server, "rutter read (command)", [os.path.join(run.TOOLS, "measure"), "{n}", "warm", references, *command], rounds)]
    rows += [tool(server, f"zarr-python, {n} in flight", python("remote_slab.py", server.origin, "zarr", "temp", references, *part, n), min(3, rounds)) for n in ("10", "128")]
    mine = slab_tasks.digest(np.fromfile(raw, "<i2"))
    problems = [f"{row['tool']}: {row['result']}, not {mine}" for row in rows[1:] if "error" not in row and str(row["result"]) != str(mine)]
    show(f"{name}  {title}", rows, problems)
    return {"task": name, "rows": rows, "problems": problems}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", metavar="TASK")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--connect", type=int, default=0, metavar="MS")
    parser.add_argument("--json", default=os.path.join(run.FOLDER, "network.json"))
    options = parser.parse_args()
    sys.path.insert(0, os.path.join(run.PROJECT, "bench", "peers"))
    generate.generate(run.FOLDER, ["scatter", "big", "contig", "days"])
    os.makedirs(run.OUTPUT, exist_ok=True)
    run.build_tools()
    server, results = Server(options.connect), []
    tasks = {
        "B5": lambda: mapping(server, "B5", "map an NWB-like file of 1.26 GB, metadata scattered, 30 ms", "nwbscatter.h5", "acquisition/TimeSeries_007/data/", options.rounds),
        "B6": lambda: mapping(server, "B6", "map 100,000 chunks over 1.57 GB, 30 ms", "big100k.h5", run.BIG_DATASET.strip("/") + "/", options.rounds),
        "B10": lambda: reading(server, "B10", "10 x 96 int16 of a contiguous array of 4.3 GB, 30 ms", "contig4g.h5", "/acquisition/ElectricalSeries/data", ("1000000:1000010", "0:96"), options.rounds),
        "B11": lambda: reading(server, "B11", "60,000 x 384 of gzip+shuffle int16 (1,410 chunks), 30 ms", "big100k.h5", run.BIG_DATASET, ("0:60000", "0:384"), options.rounds),
        "CHANNEL": lambda: reading(server, "CHANNEL", "one channel of 30,000 samples of a contiguous array of 4.3 GB, 30 ms", "contig4g.h5", "/acquisition/ElectricalSeries/data", ("1000000:1030000", "5:6"), options.rounds),
        "FILES": lambda: many_files(server, "FILES", "365 files of one chunk, through a map that tells no sizes, 30 ms", options.rounds),
    }
    try:
        results = [tasks[name]() for name in options.tasks or tasks]
    finally:
        server.process.terminate()
    with open(options.json, "w") as file:
        json.dump({"machine": run.machine(), "delay_ms": DELAY_MS, "connect_ms": options.connect, "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), "tasks": results}, file, indent=1)
    return 1 if any(r["problems"] for r in results) else 0


if __name__ == "__main__":
    sys.exit(main())
