#!/bin/sh
# A walk through one recording with build/release/bin/rutter; each command is shown before it runs.
set -eu
cd "$(dirname "$0")/.."
project=$PWD
PATH=$project/build/release/bin:$PATH
folder=build/demo
rm -rf "$folder"
mkdir -p "$folder"
cp examples/recording.nwb "$folder/"
cd "$folder"

say() { printf '\n'; printf '%s\n' "$@"; }
show() {
  printf '\n$ %s\n' "$*"
  "$@"
}
check_same() {
  if cmp -s "$1" "$2"; then echo "$3"; else echo "demo: $1 and $2 differ" >&2; exit 1; fi
}

say "This is recording.nwb, a small file in the NWB format (which is HDF5), as PyNWB wrote it:" \
    "one second of eight channels, two sorted units, a walking animal. Nothing of it will be copied or converted."
show ls -l recording.nwb

say "1. Make a map: where every chunk of every array lies, and how it is coded."
show rutter map recording.nwb

say "2. Look around. This works on the file and on its map alike."
show rutter ls recording.nwb.json /acquisition/ElectricalSeries --long --attrs

say "3. Read a slice through the map: five samples of all channels, in NumPy's notation." \
    "The bytes come from recording.nwb; only the chunk that holds them is read."
show rutter read recording.nwb.json acquisition/ElectricalSeries/data -s '5000:5005'

say "4. Save what you read as NumPy's .npy; and see that file and map give the same."
show rutter read recording.nwb acquisition/ElectricalSeries/data -s '::100,2' --out from_file.npy
show rutter read recording.nwb.json acquisition/ElectricalSeries/data -s '::100,2' --out from_map.npy
check_same from_file.npy from_map.npy "from_file.npy and from_map.npy are equal, byte for byte."

say "5. Check the map: is the file unchanged, does every chunk lie inside it, does every chunk decode?"
show rutter check recording.nwb.json --decode

say "Done. recording.nwb.json is a kerchunk reference file: fsspec, Zarr, xarray and others open it as it is." \
    "Everything lies in $folder/; README.md tells what to try next."
