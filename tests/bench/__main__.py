"""make bench: one run that measures everything, its rounds interleaved, medians of the rounds.

Prints tables and the figures beside their targets, writes results.jsonl (one JSON object a line, see
row.py) and draws plots beside it. Ctrl-C prints what there is.

    ROUNDS=n            rounds (default 5; what takes long is measured in the first few only)
    ROWS="native floor" only these rows, "native/2" only with two slots; the modules (judging, peers,
                        batch, curve, growth, memory, clients, evalplus) say what each row is
    TASKS=n             only the first n tasks of HumanEval
    RESULTS=folder      where results and plots are written (default $ASSAY_BUILD/bench)
"""
import os
import shutil
import signal
import sys
import tempfile
import time

from bench import (batch, clients, curve, evalplus, growth, judging, memory, peers, plots, report,
                   tasks)
from bench.row import BUILD, Context

MODULES = (judging, clients, growth, curve, peers, batch, memory, evalplus)


def tell(text):
    """Progress, for a person at a terminal only."""
    if sys.stderr.isatty():
        print(f"\r{'':60}\r{text}", end="", file=sys.stderr, flush=True)


def choose(rows, words):
    if not words:
        return rows
    unknown = [word for word in words if not any(row.matches(word) for row in rows)]
    if unknown:
        names = " ".join(dict.fromkeys(row.name for row in rows))
        sys.exit(f"bench: no row {' '.join(unknown)}; there are: {names}")
    return [row for row in rows if any(row.matches(word) for word in words)]


def measure(rows, n_rounds):
    """False: interrupted."""
    try:
        for row in rows:
            tell(f"preparing {row.name}")
            row.prepare()
        for number in range(n_rounds):
            for row in rows:
                if number < row.n_rounds_most:
                    tell(f"round {number + 1} of {n_rounds}: {row.name} {row.workers or ''}")
                    row.measure()
    except KeyboardInterrupt:
        return False
    finally:
        tell("")
    return True


def main():
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    n_rounds = int(os.environ.get("ROUNDS", "5"))
    most = os.environ.get("TASKS")
    start = time.monotonic()
    folder = tempfile.mkdtemp(prefix="bench-")
    context = Context(folder, tasks.humaneval(int(most) if most else None))
    try:
        rows = choose([row for module in MODULES for row in module.rows(context)],
                      os.environ.get("ROWS", "").split())
        is_whole = measure(rows, n_rounds)
    finally:
        context.stop()
        shutil.rmtree(folder, ignore_errors=True)
    lines = [line for row in rows for line in row.lines()]
    about = report.about(n_rounds, len(context.tasks), time.monotonic() - start, is_whole)
    results = os.environ.get("RESULTS", os.path.join(BUILD, "bench"))
    report.write(results, [about, *lines])
    report.show([about, *lines])
    plots.draw(results, lines)
    print(f"written: {results}/results.jsonl")
    sys.exit(0 if is_whole else 130)


if __name__ == "__main__":
    main()
