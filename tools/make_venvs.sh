#!/bin/sh
# Makes the environments of the interop tests and the benchmarks: .venvs/main, .venvs/zarr2 and tests/interop/node.
# Does nothing for one whose requirements have not changed since it was made. PYTHON chooses the interpreter (3.11).
# Usage: tools/make_venvs.sh [python|bench]     with "python", not the one of Node; with "bench", .venvs/stores instead of that
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3.11}
command -v "$python" >/dev/null || python=python3

# One at a time: whoever comes second waits, and finds everything made.
mkdir -p .venvs
exec 9>.venvs/lock
if command -v flock >/dev/null; then flock 9; fi

make_venv() {  # name, requirements
  stamp=".venvs/$1/stamp"
  want=$("$python" --version; sha256sum <"$2")
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then return; fi
  echo "making .venvs/$1"
  rm -rf ".venvs/$1"
  "$python" -m venv ".venvs/$1"
  ".venvs/$1/bin/pip" install --quiet --disable-pip-version-check -r "$2"
  echo "$want" >"$stamp"
}

make_venv main tests/interop/requirements-main.txt
make_venv zarr2 tests/interop/requirements-zarr2.txt

[ "${1:-}" = bench ] && make_venv stores bench/requirements-stores.txt
[ -n "${1:-}" ] && exit 0

if command -v npm >/dev/null; then
  cd tests/interop/node
  want=$(node --version; cat package.json package-lock.json | sha256sum)
  if ! [ -f node_modules/stamp ] || [ "$(cat node_modules/stamp)" != "$want" ]; then
    echo "making tests/interop/node/node_modules"
    npm ci --silent --no-audit --no-fund
    echo "$want" >node_modules/stamp
  fi
else
  echo "npm is missing: the zarrita part of the clients test will say that it was skipped" >&2
fi
