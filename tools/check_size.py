#!/usr/bin/env python3
"""Names the files of src/ with more than 600 lines, and fails where one has more than 700: split it by idea."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
WARN, FAIL = 600, 700


def main():
    sizes = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines())
             for path in (ROOT / "src").rglob("*") if path.suffix in {".h", ".cpp"}}
    for path, lines in sorted(sizes.items(), key=lambda item: -item[1]):
        if lines > WARN:
            print(f"{path}: {lines} lines, {'the most allowed is 700' if lines > FAIL else 'aim at fewer than 600'}")
    longest = max(sizes, key=sizes.get)
    print(f"check_size: {len(sizes)} files, {sum(sizes.values())} lines, longest {longest} with {sizes[longest]}")
    return 1 if sizes[longest] > FAIL else 0


if __name__ == "__main__":
    sys.exit(main())
