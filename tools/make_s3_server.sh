#!/bin/sh
# Builds the S3 server that tests/remote starts, once, to build/tools/versitygw-VERSION (docs/dependencies.md says why it).
# Where that cannot be, it says so in words and succeeds: the tests then say "skipped: no S3 server".
set -eu
cd "$(dirname "$0")/.."
version=1.8.0
server=build/tools/versitygw-$version
[ -x "$server" ] && exit 0
# One at a time: whoever comes second waits, and finds it built.
mkdir -p build/tools
exec 9>build/tools/lock
if command -v flock >/dev/null; then flock 9; fi
[ -x "$server" ] && exit 0

why() {
  echo "no S3 server: $*"
  exit 0
}
command -v go >/dev/null 2>&1 || why "it is built with Go 1.25 or newer, and there is no go command"
# Of the toolchain that is here: none is downloaded.
have=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null | sed 's/^go//')
minor=$(echo "$have" | cut -d. -f2 | sed 's/[^0-9].*//')
[ "${have%%.*}" = 1 ] && [ "${minor:-0}" -ge 25 ] || why "it is built with Go 1.25 or newer, and here is ${have:-no Go}"

work=$(mktemp -d build/tools/versitygw.XXXXXX)
trap 'rm -rf "$work"' EXIT
if ! GOTOOLCHAIN=local GOBIN="$PWD/$work" GOFLAGS= GOGC=400 CGO_ENABLED=0 nice timeout 900 go install -gcflags='all=-N -l' -ldflags='-s -w' "github.com/versity/versitygw/cmd/versitygw@v$version" >"$work/log" 2>&1 </dev/null; then
  tail -n 5 "$work/log"
  why "its build failed, or took more than 15 minutes"
fi
mv "$work/versitygw" "$server"
echo "built $server"
