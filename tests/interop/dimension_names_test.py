"""Compares the dimension names that rutter gives to HDF5 files with those of netCDF4-python, phony ones included.

    dimension_names_test.py [--folder NAME ...] [--json OUT] [PART_OF_A_NAME ...]

Files are those of the corpus folder NetCDF4, or of the folders that are named. Where netCDF4 cannot open a file, or a
variable is none for it, there is nothing to compare. DIMENSION_LABELS are left out: netCDF4 does not look at them.
Ends with 1 where a name differs without a rule here that says why.
"""

import argparse
import json
import os
import sys

import harness
import rutter_cli


def netcdf_dimensions(path):
    """{path of a variable: (names, lengths)} of all groups."""
    import netCDF4

    found = {}

    def walk(group, prefix):
        for name, variable in group.variables.items():
            found[f"{prefix}/{name}"] = (tuple(variable.dimensions), tuple(variable.shape))
        for name, child in group.groups.items():
            walk(child, f"{prefix}/{name}")

    with netCDF4.Dataset(path) as dataset:
        walk(dataset, "")
    return found


def is_left_to_others(nodes):
    """NWB and MAT files get no phony names."""
    if "nwb_version" in nodes["/"].get("attributes", {}):
        return True
    return any("MATLAB_class" in node.get("attributes", {}) for path, node in nodes.items() if path.count("/") == 1)


def judge_file(path, _skip):
    try:
        nodes = rutter_cli.listing(path)
    except (rutter_cli.Refused, rutter_cli.Broken) as error:
        yield {"result": "refused", "path": "/", "reason": str(error)}
        return
    if is_left_to_others(nodes):
        yield {"result": "passed over", "path": "/", "reason": "NWB and MAT files get no phony names"}
        return
    yield {"begin": "netCDF4"}
    try:
        expected = netcdf_dimensions(path)
    except Exception as error:
        yield {"result": "passed over", "path": "/", "reason": f"netCDF4 cannot open it: {type(error).__name__}"}
        return
    for name, (names, lengths) in sorted(expected.items()):
        node = nodes.get(name)
        if node is None or "shape" not in node:
            yield {"result": "passed over", "path": name, "reason": "no array of this path (a link, or a name of netCDF4's own)"}
            continue
        if "DIMENSION_LABELS" in node.get("attributes", {}):
            yield {"result": "passed over", "path": name, "reason": "the file labels its dimensions, which netCDF4 does not look at"}
            continue
        found = tuple(rutter_cli.as_text(n) for n in node.get("dimension_names") or [""] * len(node["shape"]))
        if found == names:
            yield {"result": "equal", "path": name}
        else:
            yield {"result": "different", "path": name, "reason": f"{found}, netCDF4 says {names} {lengths}"}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", action="append")
    parser.add_argument("--json")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    rutter_cli.require_binary()
    root = harness.corpus_or_skip()
    folders = options.folder or ["NetCDF4"]
    paths = [p for p in harness.hdf5_files(root) if p.split(os.sep)[0] in folders]
    results = {"equal": 0, "different": [], "refused": harness.Tally(), "passed over": harness.Tally()}
    items = [os.path.join(root, p) for p in harness.chosen(paths, options.names)]
    for item, records, faults in harness.run_jobs(items, judge_file):
        shown = os.path.relpath(item, root)
        for fault in faults:
            results["passed over"].add(f"netCDF4 died or hung ({fault['cause']})", shown)
        for record in records:
            where = f"{shown}:{record['path']}"
            if record["result"] == "equal":
                results["equal"] += 1
            elif record["result"] == "different":
                results["different"].append((where, record["reason"]))
            else:
                results[record["result"]].add(record["reason"], where)
    for where, reason in results["different"]:
        print(f"  different: {where}: {reason}")
    print(f"dimension names of {len(items)} files: compared {results['equal'] + len(results['different'])}, equal {results['equal']}, "
          f"different {len(results['different'])}, refused {results['refused'].total()}")
    results["refused"].show()
    print(f"passed over {results['passed over'].total()}")
    results["passed over"].show()
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"equal": results["equal"], "different": results["different"]}, file, indent=1)
    sys.exit(1 if results["different"] else 0)


if __name__ == "__main__":
    main()
