#!/bin/sh
# Installs the Debian packages that a task needs and that are missing. Does nothing, at once, where none is missing.
# Usage: tools/bootstrap.sh build [test] [fuzz] [bench] [format]     (the lists are tools/packages-NAME.txt)
set -eu
here=$(dirname "$0")

wanted=
for list in "$@"; do
  file="$here/packages-$list.txt"
  [ -f "$file" ] || { echo "bootstrap: no list $file" >&2; exit 2; }
  while read -r package command rest; do
    case "$package" in ''|'#'*) continue ;; esac
    [ -n "$command" ] && command -v "$command" >/dev/null 2>&1 && continue
    wanted="$wanted $package"
  done < "$file"
done

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "bootstrap: this is not Debian; please install what these Debian packages hold:$wanted" >&2
  exit 0
fi

missing=
for package in $wanted; do
  status=$(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null || true)
  case "$status" in ii*) ;; *) missing="$missing $package" ;; esac
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ]; then
  as_root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
  as_root="sudo -n"
else
  echo "bootstrap: these packages are missing and cannot be installed without root:$missing" >&2
  echo "bootstrap: run   sudo apt-get install --no-install-recommends$missing" >&2
  exit 1
fi

echo "bootstrap: installing$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
run() {
  if ! $as_root env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    echo "bootstrap: failed: $*" >&2
    echo "bootstrap: still missing:$missing" >&2
    exit 1
  fi
}
run apt-get update
# shellcheck disable=SC2086  # the list is meant to be split into words
run apt-get install -y --no-install-recommends $missing
echo "bootstrap: done"
