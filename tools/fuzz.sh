#!/bin/sh
# Builds fuzz targets with clang and libFuzzer and runs each for a number of inputs.
# Usage: tools/fuzz.sh RUNS [TARGET ...]     (TARGET: hdf5 for fuzz/hdf5_fuzz.cpp; all of them where none is named)
# FUZZ_MAX_LEN bounds the inputs (default 65536 bytes): targets that read text run ten times as many short ones.
# Corpora grow in build/fuzz-corpus/TARGET; logs lie in build/fuzz-logs; tools/fuzz_ledger.py adds them up.
set -eu
cd "$(dirname "$0")/.."
runs=$1
shift
if [ $# = 0 ]; then
  for source in fuzz/*_fuzz.cpp; do
    name=${source#fuzz/}
    set -- "$@" "${name%_fuzz.cpp}"
  done
fi

mkdir -p build
cmake --preset fuzz >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
programs=
for target in "$@"; do programs="$programs ${target}_fuzz"; done
# shellcheck disable=SC2086
cmake --build build/fuzz --target $programs

commit=$(git rev-parse --short HEAD 2>/dev/null || echo none)
failed=0
mkdir -p build/fuzz-logs
export ASAN_OPTIONS="allocator_may_return_null=1:detect_leaks=1:${ASAN_OPTIONS:-}"
export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1"

# Small files of the corpus are good first inputs of whole-file targets.
real=${RUTTER_CORPUS:-../shared/corpus}
if [ -d "$real" ] && [ ! -d build/fuzz-extra/hdf5 ]; then
  mkdir -p build/fuzz-extra/hdf5
  find "$real" -type f -size -24k \( -name '*.h5' -o -name '*.hdf5' -o -name '*.nc' -o -name '*.nwb' -o -name '*.mat' \) \
    -exec cp -t build/fuzz-extra/hdf5 {} +
fi

for target in "$@"; do
  format=$target
  [ "$target" = map_read ] && format=hdf5
  seeds=$target
  [ "$target" = reference_text ] && seeds=references
  corpus=build/fuzz-corpus/$target
  artifacts=build/fuzz-finds/$target
  mkdir -p "$corpus" "$artifacts"
  set -- "$corpus"
  for folder in "fuzz/seeds/$seeds" "fixtures/$format" "fixtures/regress/$format" "build/fuzz-extra/$format"; do
    [ -d "$folder" ] && set -- "$@" "$folder"
  done
  dictionary=
  for words in "$target" "$seeds"; do
    [ -f "fuzz/$words.dict" ] && dictionary="-dict=fuzz/$words.dict"
  done
  log=build/fuzz-logs/$target-$commit-$(date +%s).log
  echo "fuzz: $target, $runs runs, log $log"
  # shellcheck disable=SC2086
  if ! "build/fuzz/bin/${target}_fuzz" -runs="$runs" -timeout=5 -rss_limit_mb=2048 -malloc_limit_mb=256 -max_len="${FUZZ_MAX_LEN:-65536}" \
       -use_value_profile=0 -print_final_stats=1 -artifact_prefix="$artifacts/" $dictionary "$@" >"$log" 2>&1; then
    failed=1
    grep -E 'ERROR|SUMMARY|runtime error|internal error|map differs' "$log" | head -n 5
    echo "fuzz: $target failed; its input lies in $artifacts/"
  else
    grep -E 'stat::number_of_executed_units|stat::average_exec_per_sec' "$log"
  fi
done
exit $failed
