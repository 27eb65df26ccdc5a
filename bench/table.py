"""Prints the tables of docs/performance.md from what run.py wrote.

    table.py [RESULTS.json]
"""

import json
import os
import sys

import run


def number(seconds):
    ms = seconds * 1000
    return f"{ms:,.0f}" if ms >= 100 else f"{ms:.1f}" if ms >= 10 else f"{ms:.2f}"


def cell(record):
    if record is None:
        return "-"
    return "fails" if "error" in record else number(record["seconds"])


def ratio(base, record):
    if not base or not record or base is record or "error" in base or "error" in record:
        return ""
    times = record["seconds"] / base["seconds"]
    return f"**{times:,.0f}x**" if times >= 10 else f"**{times:.1f}x**"


def print_task(task):
    base, heads = task["rows"][0], ["", "in process, ms", "ratio", "command, ms", "ratio", "CPU s", "peak MB", "read MB", "runs"]
    print(f"\n**{task['task']}**: {task['title']}. Outputs {'equal' if not task['problems'] else 'DIFFER'}.\n")
    print("| " + " | ".join(heads) + " |\n|---" + "|---:" * (len(heads) - 1) + "|")
    for row in task["rows"]:
        inner, outer = row.get("in_process"), row.get("command")
        cost = inner if inner and "error" not in inner else outer if outer and "error" not in outer else None
        costs = [f"{cost['cpu_seconds']:.3f}", f"{cost['peak_rss'] / 1e6:.0f}", f"{cost['bytes_read'] / 1e6:.1f}", str(cost["runs"])] if cost else ["-"] * 4
        cells = [row["rival"], cell(inner), ratio(base.get("in_process"), inner), cell(outer), ratio(base.get("command"), outer), *costs]
        print("| " + " | ".join(cells) + " |")
    for note in (f"{row['rival']}: {row['note']}" for row in task["rows"] if row["note"]):
        print(f"\n{note}.")


def main():
    with open(sys.argv[1] if len(sys.argv) > 1 else os.path.join(run.FOLDER, "results.json")) as file:
        results = json.load(file)
    here = results["machine"]
    print(f"{here['date']}; {here['cpu']}, {here['cores']} cores, {here['memory_gb']} GB, {here['system']}; load at the start {here['load']:.1f}.")
    print("\n" + "; ".join(f"{name} {version}" for name, version in results["versions"].items()) + ".")
    for task in results["tasks"]:
        print_task(task)


if __name__ == "__main__":
    main()
