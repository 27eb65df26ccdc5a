#!/usr/bin/env python3
"""Runs the ```console blocks of README.md and docs/ that begin with `$ rutter`, and compares what they print.

Each page starts in a fresh folder with the files of examples/. A line `...` stands for any lines, and `...` inside a
line for any text. A size such as `24.3 kB` stands for any: a map holds the paths of its sources, and they differ in length.
`--update` puts what was printed into the pages.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import os

ROOT = pathlib.Path(__file__).resolve().parent.parent
SIZE = re.compile(r"[\d.]+(?= [kM]?B\b)")
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def pattern_of(expected):
    def line_pattern(line):
        parts = [re.escape(part).replace(r"\.\.\.", ".*") for part in SIZE.split(line)]
        return r"[\d.]+".join(parts) + r"\n"

    return re.compile("".join(r"(?:.*\n)*" if line == "..." else line_pattern(line) for line in expected.splitlines()))


def run_block(block, folder):
    """Yields (command, expected output, output) of each command of a block."""
    environment = {**os.environ, "PATH": f"{ROOT / 'build/release/bin'}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    for part in re.split(r"^(?=\$ )", block, flags=re.MULTILINE):
        if not part.startswith("$ "):
            continue
        command, _, expected = part[2:].partition("\n")
        done = subprocess.run(["sh", "-c", command], cwd=folder, env=environment, stdin=subprocess.DEVNULL, timeout=900,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        output = "".join(line.rstrip() + "\n" for line in done.stdout.replace(f"{folder}/", "").splitlines())
        yield command, expected, output


def main():
    update = "--update" in sys.argv[1:]
    passed, failed = 0, 0
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        text = page.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            for file in (ROOT / "examples").iterdir():
                if file.is_file() and file.suffix != ".py":
                    shutil.copy2(file, folder)
            for block in BLOCK.findall(text):
                if not block.startswith("$ rutter"):
                    continue
                fresh = ""
                for command, expected, output in run_block(block, folder):
                    same = pattern_of(expected).fullmatch(output) is not None
                    fresh += f"$ {command}\n{expected if same else output}"
                    passed, failed = passed + same, failed + (not same)
                    if not same and not update:
                        print(f"{page.relative_to(ROOT)}: $ {command}\n  the page says:\n{expected}  rutter printed:\n{output}")
                if update:
                    text = text.replace(block, fresh)
        if update:
            page.write_text(text, encoding="utf-8")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed and not update else 0


if __name__ == "__main__":
    sys.exit(main())
