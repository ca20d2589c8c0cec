"""Three plots (SVG) of a run's lines, drawn by gnuplot; left out with a word where that is missing.

load.svg: throughput and latency against offered load. candidates.svg: cost of an evaluation against
candidates per task. memory.svg: memory against slots. bench-docs copies them into the documentation.
"""
import os
import shutil
import subprocess

HEAD = """set terminal svg size 720,400 font "sans-serif,13" background "white"
set output "{output}"
set grid ytics lc rgb "#dddddd"
set key left top
set border 3
set tics nomirror
"""
LOAD = """set title "Offered load: two slots, alike tasks of HumanEval, native, Poisson arrivals"
set xlabel "offered, of the capacity"
set ylabel "latency, ms"
set y2label "answered, of the capacity"
set logscale y
set ytics (1,2,5,10,20,50,100,200,500,1000,2000)
set y2tics 0.2
set y2range [0:1.4]
set border 11
plot $data using 1:3 with linespoints lw 2 pt 7 lc rgb "#2a6f97" title "p50", \\
     "" using 1:4 with linespoints lw 2 pt 5 lc rgb "#bc4749" title "p99", \\
     "" using 1:2 axes x1y2 with linespoints lw 2 dt 2 pt 6 lc rgb "#777777" title "answered (right)"
"""
CANDIDATES = """set title "Cost of an evaluation, requests of several candidates, two slots"
set xlabel "candidates per task, in one request"
set ylabel "CPU time of the whole daemon, ms"
set logscale x 2
set yrange [0:*]
set key right top
plot $data using 1:2 with linespoints lw 2 pt 7 lc rgb "#2a6f97" title "native", \\
     "" using 1:3 with linespoints lw 2 pt 5 lc rgb "#bc4749" title "split", \\
     "" using 1:4 with linespoints lw 2 pt 9 lc rgb "#6a994e" title "shared"
"""
MEMORY = """set title "Memory of an idle daemon"
set xlabel "slots"
set ylabel "MiB"
set yrange [0:*]
set xrange [0:*]
plot $data using 1:2 with linespoints lw 2 pt 7 lc rgb "#2a6f97" title "one cell a slot", \\
     "" using 1:3 with linespoints lw 2 pt 5 lc rgb "#bc4749" title "two: candidate and examiner"
"""


def load_data(lines):
    points = [line for line in lines if line["row"] == "curve" and line["mix"] == "alike"]
    return [(line["fraction"], line["answered"] / line["capacity"], line["p50_ms"], line["p99_ms"])
            for line in points]


def table_by(lines, row, x, key, series, value):
    """A line of numbers for each x: x, then the value of each of the series."""
    found = {}
    for line in lines:
        if line["row"] == row:
            found.setdefault(line[x], {})[line[key]] = line[value]
    return [(number, *(values[name] for name in series)) for number, values in sorted(found.items())]


def candidates_data(lines):
    return table_by(lines, "candidates", "number", "mode", ("native", "split", "shared"), "cpu_ms")


def memory_data(lines):
    return table_by(lines, "memory", "slots", "cells", ("one cell", "two cells"), "mib")


PLOTS = (("load.svg", LOAD, load_data), ("candidates.svg", CANDIDATES, candidates_data),
         ("memory.svg", MEMORY, memory_data))


def draw(folder, lines):
    wanted = [(name, script, data(lines)) for name, script, data in PLOTS]
    wanted = [plot for plot in wanted if plot[2]]
    if wanted and not shutil.which("gnuplot"):
        print("plots: gnuplot is not installed, left out (make deps-bench)")
        return
    for name, script, rows in wanted:
        path = os.path.join(folder, name)
        text = "\n".join(" ".join(map(str, row)) for row in rows)
        subprocess.run(["gnuplot"], check=True, text=True,
                       input=f"$data << END\n{text}\nEND\n{HEAD.format(output=path)}{script}")
        print(f"drawn: {path}")
