#!/usr/bin/env python3
"""Fails where a file of src/ or apps/ includes something that its layer may not see.

The rule, lowest layer first (docs/architecture.md draws it):
  base                 nothing
  io, codecs           base
  model                base, codecs
  formats/<f>          base, io, codecs, model, formats/format.h, formats/registry.h, its own folder; never another format
  formats/registry.cpp the same, and formats/<f>/format.h of each format, to list it
  conventions, refs    base, codecs, model
  read                 all before, but no format's own folder
  ops                  read and all before, but no format's own folder
  api                  ops and all before, but no format's own folder; include/rutter, which others do not see
  apps                 ops and all before, but no format's own folder
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
PLUG = ("formats/format.h", "formats/registry.h")
MODEL_SIDE = {"base", "codecs", "model"}
BELOW_READ = {"base", "io", "codecs", "model", "formats", "conventions", "refs"}
SEES = {
    "base": set(),
    "io": {"base"},
    "codecs": {"base"},
    "model": {"base", "codecs"},
    "formats": {"base", "io", "codecs", "model"},
    "conventions": MODEL_SIDE,
    "refs": MODEL_SIDE,
    "read": BELOW_READ,
    "ops": BELOW_READ | {"read"},
    "api": BELOW_READ | {"read", "ops"},
    "apps": BELOW_READ | {"read", "ops"},
}


def why_not(home, file, included):
    """The reason why `file` of the folder `home` (parts below src/, or apps/...) may not include `included`, or None."""
    layer, target = home[0], included.split("/")
    if layer not in SEES:
        return f"the layer '{layer}' is not known to tools/check_layers.py"
    if target[0] not in SEES:
        if layer == "apps" and (ROOT / "apps" / included).exists():
            return None  # the program's own header
        if layer == "api" and (ROOT / "include" / included).exists():
            return None  # what programs see
        return "includes start at src/: name the layer first"
    if target[0] == "formats":
        if included in PLUG and layer in {"formats", "read", "ops", "apps"}:
            return None
        if layer == "formats" and len(home) > 1 and target[1] == home[1]:
            return None
        if home == ("formats",) and file == "registry.cpp" and len(target) == 3 and target[2] == "format.h":
            return None
        return "only formats/<f> itself sees its folder; others see formats/format.h and formats/registry.h"
    if target[0] == layer or target[0] in SEES[layer]:
        return None
    return f"{layer} does not see {target[0]}"


def main():
    wrong, files = [], 0
    for base in ("src", "apps"):
        for path in sorted((ROOT / base).rglob("*")):
            if path.suffix not in {".h", ".cpp"}:
                continue
            files += 1
            home = path.parent.relative_to(ROOT / "src" if base == "src" else ROOT).parts
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                match = INCLUDE.match(line)
                reason = match and why_not(home, path.name, match.group(1))
                if reason:
                    wrong.append(f"{path.relative_to(ROOT)}:{number}: includes {match.group(1)}: {reason}")
    print("\n".join(wrong) if wrong else f"check_layers: {files} files keep to their layers")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
