#!/usr/bin/env python3
"""Fails where a format of src/formats/registry.cpp lacks one of the things that every format brings.

These are: its folder, its tests, its fuzzer, the script that makes its fixtures, its page, its row in the list of
formats, and a line in the changelog. docs/formats/README.md tells how to add a format.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
REGISTERED = re.compile(r"&(?:\w+::)*k(\w+)Format\b")


def has_tests(folder):
    return any(folder.rglob("*_test.cpp"))


def holds(path, text):
    return path.exists() and text.lower() in path.read_text(encoding="utf-8").lower()


def lacks(name):
    need = {
        f"src/formats/{name}/": (ROOT / "src/formats" / name).is_dir(),
        f"tests/formats/{name}/*_test.cpp": has_tests(ROOT / "tests/formats" / name),
        f"fuzz/{name}_fuzz.cpp": (ROOT / "fuzz" / f"{name}_fuzz.cpp").exists(),
        f"fixtures/{name}/make.py": (ROOT / "fixtures" / name / "make.py").exists(),
        f"docs/formats/{name}.md": (ROOT / "docs/formats" / f"{name}.md").exists(),
        f"a row with ({name}.md) in docs/formats/README.md": holds(ROOT / "docs/formats/README.md", f"({name}.md)"),
        "a line in CHANGELOG.md": holds(ROOT / "CHANGELOG.md", name),
    }
    return [what for what, there in need.items() if not there]


def main():
    text = (ROOT / "src/formats/registry.cpp").read_text(encoding="utf-8")
    names = list(dict.fromkeys(name.lower() for name in REGISTERED.findall(text)))
    wrong = [f"{name}: no {what}" for name in names for what in lacks(name)]
    folders = {path.name for path in (ROOT / "src/formats").iterdir() if path.is_dir()}
    wrong += [f"{name}: src/formats/{name}/ is there, but src/formats/registry.cpp has no &k...Format row for it"
              for name in sorted(folders - set(names))]
    print("\n".join(wrong) if wrong else f"check_formats: {len(names)} formats are complete: {', '.join(names)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
