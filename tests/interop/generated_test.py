"""HDF5 files of random contents (generated_files.py): everything in them equals what h5py reads, directly and through the map, and
what the clients read through the map.

    generated_test.py [--first SEED] [--count FILES] [--keep FOLDER]
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys

import generated_files
import harness
import rutter_cli

# Files of the generator are sound: nothing of them may be refused, but for what no map can hold.
ALLOWED_REFUSAL = "unmapped: unsupported: "


def run(script, folder, *arguments):
    """True where a test of this folder passes over the files of `folder`."""
    sys.stdout.flush()
    environment = os.environ | {"RUTTER_CORPUS": folder}
    return subprocess.run([sys.executable, os.path.join(harness.PROJECT, "tests/interop", script), *arguments], env=environment).returncode == 0


def refusals(result):
    """What the differential test's JSON tells of refusals that sound files do not allow."""
    tallies = {what: tally for what, tally in result["corpus"].items() if isinstance(tally, dict) and "refused" in tally}
    return [f"{what}: {reason}" for what, tally in tallies.items() for reason in tally["refused"] if not reason.startswith(ALLOWED_REFUSAL)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--keep", help="write the files here, and leave them")
    options = parser.parse_args()
    rutter_cli.require_binary()
    with contextlib.nullcontext(options.keep) if options.keep else harness.scratch_folder() as folder:
        files, verdicts = os.path.join(folder, "HDF5"), os.path.join(folder, "verdicts.json")
        os.makedirs(files, exist_ok=True)
        died = generated_files.generate(files, range(options.first, options.first + options.count))
        print(f"{options.count - len(died)} files; h5py died while writing those of the seeds {died}")
        passed = run("differential_test.py", folder, "--folder", "HDF5", "--json", verdicts)
        with open(verdicts) as file:
            refused = refusals(json.load(file))
        for reason in refused:
            print("REFUSED", reason)
        passed = run("clients_test.py", folder) and passed
    return 0 if passed and not refused else 1


if __name__ == "__main__":
    sys.exit(main())
