#!/usr/bin/env python3
"""Adds the runs of build/fuzz-logs to fuzz/LEDGER.md: one row for each target and commit.

A log is counted once: it moves to build/fuzz-logs/counted/. A run that ended in a finding counts up to that input.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LEDGER = ROOT / "fuzz/LEDGER.md"
LOGS = ROOT / "build/fuzz-logs"
NAME = re.compile(r"(?P<target>\w+)-(?P<commit>[0-9a-z]+)-\d+$")
ROW = re.compile(r"^\| (\w+) \| (\w+) \| ([\d,]+) \| ([\d,]+) \| (\d+) \|$")
HEAD = """# Fuzz runs

Inputs that each fuzz target ran, under AddressSanitizer and UndefinedBehaviorSanitizer, by the commit that was built.
`make fuzz` makes the logs and `tools/fuzz_ledger.py` adds them up here. *Corpus* is the number of inputs that libFuzzer
kept because they reach something new. *Finds* are inputs that failed; each became a test and was fixed.

| target | commit | runs | corpus | finds |
|---|---|---:|---:|---:|
"""


def read_ledger():
    rows = {}
    for line in LEDGER.read_text(encoding="utf-8").splitlines() if LEDGER.exists() else []:
        if match := ROW.match(line):
            target, commit, *numbers = match.groups()
            rows[target, commit] = [int(number.replace(",", "")) for number in numbers]
    return rows


def read_log(text):
    """(runs, corpus, finds) of one log of libFuzzer."""
    progress = re.findall(r"^#(\d+)\s+\w+.*?corp: (\d+)", text, re.MULTILINE)
    done = re.search(r"stat::number_of_executed_units:\s*(\d+)", text)
    runs = int(done.group(1)) if done else max((int(number) for number, _ in progress), default=0)
    corpus = int(progress[-1][1]) if progress else 0
    finds = len(re.findall(r"Test unit written to", text))
    return runs, corpus, finds


def main():
    rows = read_ledger()
    logs = sorted(LOGS.glob("*.log"))
    (LOGS / "counted").mkdir(parents=True, exist_ok=True)
    for log in logs:
        match = NAME.match(log.stem)
        if not match:
            continue
        runs, corpus, finds = read_log(log.read_text(encoding="utf-8", errors="replace"))
        row = rows.setdefault((match["target"], match["commit"]), [0, 0, 0])
        row[0] += runs
        row[1] = max(row[1], corpus)
        row[2] += finds
        log.rename(LOGS / "counted" / log.name)
    text = HEAD + "".join(f"| {target} | {commit} | {runs:,} | {corpus:,} | {finds} |\n"
                          for (target, commit), (runs, corpus, finds) in sorted(rows.items()))
    total = [sum(row[i] for row in rows.values()) for i in (0, 2)]
    LEDGER.write_text(text + f"\nAll targets: {total[0]:,} runs, {total[1]} finds.\n", encoding="utf-8")
    print(f"{len(logs)} logs added; {total[0]:,} runs in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
