#!/usr/bin/env python3
"""Usage: tables.py FOLDER DOCUMENT   (or `make bench-docs`)

Puts the figures of the last run of the bench (FOLDER/results.jsonl) into the document, and its plots
(FOLDER/*.svg) into a folder of the document's name beside it. A table stands between two markers,

    <!-- bench: NAME -->
    <!-- end of bench -->

and is replaced whole. A table for which the run has no figures is left as it is, and named.
"""
import glob
import json
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from bench import report  # noqa: E402  (the path is set above)

BLOCK = re.compile(r"(<!-- bench: ([a-z ]+) -->\n).*?(<!-- end of bench -->)", re.DOTALL)


def growth_of(row):
    return lambda lines: [cells[1:] for cells in report.growth(lines) if cells[0] == row]


def python_cpu(lines):
    return [(line["batch"], line["client_cpu_ms"]) for line in lines if line["row"] == "python-cpu"]


def evalplus(lines):
    return [(line["inputs"], line["first_s"], line["whole_s"], line["inputs_per_second"],
             line["one_by_one_per_second"], line["ratio"])
            for line in lines if line["row"] == "evalplus"]


EVALPLUS = ("inputs", "first, s", "known, s", "inputs a second", "one by one, a second", "ratio")
TABLES = {
    "targets": (report.TARGETS, report.compared),
    "throughput": (report.THROUGHPUT, report.throughput),
    "batch": (report.BATCH, report.batches),
    "latency": (report.LATENCY, report.latencies),
    "load": (report.CURVE, report.curve),
    "evalplus": (EVALPLUS, evalplus),
    "candidates": (report.GROWTH[1:], growth_of("candidates")),
    "asserts": (report.GROWTH[1:], growth_of("asserts")),
    "clients": (report.GROWTH[1:], growth_of("clients")),
    "memory": (report.MEMORY, report.memory),
    "python": (("batch of 1,000", "client's CPU ms for one"), python_cpu),
}


def about(lines):
    line = lines[0]
    whole = "" if line["whole"] else ", interrupted"
    return (f"{line['rounds']} rounds in {line['minutes']} minutes{whole}, {line['tasks']} tasks, "
            f"{line['processors']} processors, Linux {line['kernel']}, commit {line['commit']}.\n")


def markdown(header, rows):
    def row_of(cells):
        return "| " + " | ".join(map(str, cells)) + " |\n"
    return row_of(header) + "|---" * len(header) + "|\n" + "".join(map(row_of, rows))


def filled(text, lines):
    def fill(match):
        before, name, after = match.groups()
        if name == "about":
            return before + about(lines) + after
        header, make = TABLES[name]
        rows = list(make(lines))
        if not rows:
            print(f"{name}: the run has no figures for it, left as it is", file=sys.stderr)
            return match.group()
        return before + markdown(header, rows) + after
    return BLOCK.sub(fill, text)


def main():
    folder, document = sys.argv[1:]
    with open(os.path.join(folder, "results.jsonl"), encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    with open(document, encoding="utf-8") as file:
        text = file.read()
    with open(document, "w", encoding="utf-8") as file:
        file.write(filled(text, lines))
    plots = os.path.splitext(document)[0]
    os.makedirs(plots, exist_ok=True)
    for path in glob.glob(os.path.join(folder, "*.svg")):
        shutil.copy(path, plots)


if __name__ == "__main__":
    main()
