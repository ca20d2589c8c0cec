"""What a run of the bench leaves: tables in the terminal and a file of JSON lines."""
import json
import os
import platform
import subprocess

from bench import targets
from support.shared import ROOT


def about(n_rounds, n_tasks, seconds, is_whole):
    """The first line of the file: on what and how it was measured."""
    done = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True,
                          check=False)
    return {"row": "about", "commit": done.stdout.decode().strip(), "rounds": n_rounds,
            "tasks": n_tasks, "minutes": round(seconds / 60, 1), "whole": is_whole,
            "kernel": platform.release().split("-")[0], "processors": os.cpu_count(),
            "load_before": round(os.getloadavg()[2], 2)}


def write(folder, lines):
    with open(os.path.join(folder, "results.jsonl"), "w", encoding="utf-8") as file:
        for line in lines:
            file.write(json.dumps(line) + "\n")


def columns(header, rows):
    """Text in columns, the first to the left."""
    rows = [header, *[[str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(header))]
    for row in rows:
        first, *others = (cell.ljust(width) if i == 0 else cell.rjust(width)
                          for i, (cell, width) in enumerate(zip(row, widths)))
        print("  ".join([first, *others]).rstrip())
    print()


def or_dash(value):
    return "-" if value is None else value


def throughput(lines):
    """Rows of (runner, workers, a second, of floor, p50, p99, CPU, broker, not passed)."""
    found = targets.Lines(lines)
    for line in lines:
        if "rounds" not in line or line["row"] == "about":
            continue
        ratio = found.ratio(line["row"], "floor", line["workers"])
        yield (line["row"], line["workers"], line["per_second"],
               "-" if ratio is None else f"{ratio:.2f}", line["p50_ms"], line["p99_ms"],
               or_dash(line["cpu_ms"]), or_dash(line["broker_us"]), line["failed"] or "")


THROUGHPUT = ("runner", "workers", "a second", "of floor", "p50 ms", "p99 ms", "CPU ms", "broker us",
              "not passed")
BATCH = ("batch", "seconds", "a second", "samples", "passed", "CPU ms")
LATENCY = ("one at a time", "p50 ms", "p99 ms", "mean ms")
CURVE = ("offered", "of capacity", "a second", "answered", "p50 ms", "p99 ms", "p99/p50", "sent late ms")
GROWTH = ("growth", "mode", "number", "a second", "CPU ms")
MEMORY = ("memory", "slots", "processes", "MiB")
TARGETS = ("figure", "found", "to reach", "")


def batches(lines):
    for line in lines:
        if line["row"].startswith("batch"):
            yield (line["row"], line["seconds"], line["per_second"], line["n"], line["passed"],
                   line["cpu_ms"])


def latencies(lines):
    for line in lines:
        if "mean_ms" in line:
            yield line["row"], line["p50_ms"], line["p99_ms"], line["mean_ms"]


def curve(lines):
    for line in lines:
        if line["row"] == "curve":
            yield (line["mix"], line["fraction"], f"{line['offered']:.0f}", f"{line['answered']:.0f}",
                   line["p50_ms"], line["p99_ms"], line["ratio"], line["late_ms"])


def growth(lines):
    for line in lines:
        if "number" in line:
            yield line["row"], line["mode"], line["number"], line["per_second"], line["cpu_ms"]


def memory(lines):
    for line in lines:
        if line["row"] == "memory":
            yield line["cells"], line["slots"], line["processes"], line["mib"]


def compared(lines):
    for what, figure, bound, is_met in targets.compare(lines):
        yield what, figure, bound, "met" if is_met else "MISSED"


TABLES = ((THROUGHPUT, throughput), (BATCH, batches), (LATENCY, latencies), (CURVE, curve),
          (GROWTH, growth), (MEMORY, memory), (TARGETS, compared))


def show(lines):
    for header, make in TABLES:
        rows = list(make(lines))
        if rows:
            columns(header, rows)
    for line in lines:
        if line["row"] in ("idle", "python-cpu", "memory-per-slot", "evalplus", "about"):
            words = ", ".join(f"{key} {value}" for key, value in line.items() if key != "row")
            print(f"{line['row']}: {words}")
