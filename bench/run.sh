#!/bin/sh
# `make bench`: makes what the benchmarks need, then runs them. Arguments go to bench/run.py.
set -eu
cd "$(dirname "$0")/.."
sh tools/make_venvs.sh bench
mkdir -p build
cmake --preset release >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
cmake --build build/release --target rutter rutter_bench
exec .venvs/main/bin/python bench/run.py "$@"
