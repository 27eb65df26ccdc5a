#!/bin/sh
# Damaged files in the full number, under the sanitizers and at full speed. Takes about half an hour on two cores.
# Usage: tools/hostile.sh      (MUTANTS=100000 FILES=40 SEED=1 change the numbers)
set -eu
cd "$(dirname "$0")/.."
corpus=${RUTTER_CORPUS:-../shared/corpus}
[ -d "$corpus" ] || corpus=fixtures
failed=0
for preset in hostile release; do  # hostile: the sanitizers, optimised, because these runs are long
  cmake --preset $preset >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
  cmake --build build/$preset --target truncate_corpus mutate_corpus
  bin=build/$preset/bin
  echo "== truncations, $preset"
  "$bin/truncate_corpus" --files "${FILES:-40}" --max-bytes 12000 --save build/hostile "$corpus" || failed=1
  echo "== mutants, $preset"
  "$bin/mutate_corpus" --count "${MUTANTS:-100000}" --seed "${SEED:-1}" --save build/hostile "$corpus" || failed=1
done
exit $failed
