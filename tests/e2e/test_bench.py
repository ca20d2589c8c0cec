"""The bench runs and says what it is asked for; its figures are nobody's concern here."""
import json
import os
import subprocess

import pytest

from support.daemon import BUILD
from support.patience import PATIENCE_S
from support.shared import ROOT

ROWS = "floor/2 native/2 split-x8/2 trivial-native python3/2 curve"


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """Runs it with a build folder of its own, so that figures of a real run are left alone."""
    programs = [os.path.join(BUILD, "bench", name) for name in ("floor", "load", "arrivals")]
    environment = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}
    subprocess.run(["make", "-s", "-C", ROOT, f"BUILD={BUILD}", *programs], check=True,
                   env=environment, timeout=5 * PATIENCE_S)

    def run(**wishes):
        results = tmp_path_factory.mktemp("bench")
        done = subprocess.run(
            ["/usr/bin/python3", "-m", "bench"], capture_output=True, text=True, check=False,
            timeout=5 * PATIENCE_S, env={**environment, "PYTHONPATH": os.path.join(ROOT, "tests"),
                                         "RESULTS": str(results), **wishes})
        path = results / "results.jsonl"
        lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return done, lines, results
    return run


def test_a_short_run_has_all_that_was_asked_for(bench, tmp_path):
    done, lines, results = bench(ROWS=ROWS, ROUNDS="1", TASKS="5", CURVE_SECONDS="0.1")
    assert done.returncode == 0, done.stderr
    by_row = {(line["row"], line.get("workers")): line for line in lines}
    assert {row for row, _ in by_row} == {"about", *(word.split("/")[0] for word in ROWS.split())}
    for row in ("floor", "native", "split-x8", "python3"):
        line = by_row[row, 2]
        assert line["failed"] == 0 and line["per_second"] > 0 and line["p99_ms"] >= line["p50_ms"]
    assert by_row["native", 2]["broker_us"] > 0
    rates = [line for line in lines if line["row"] == "curve"]
    assert all(line["answered"] > 0 and line["refused"] == 0 for line in rates)
    assert "single candidates, native, 2 slots" in done.stdout
    document = tmp_path / "document.md"
    document.write_text("a\n<!-- bench: throughput -->\nold\n<!-- end of bench -->\nb\n")
    subprocess.run(["/usr/bin/python3", os.path.join(ROOT, "tests/bench/tables.py"), str(results),
                    str(document)], check=True, timeout=PATIENCE_S)
    text = document.read_text()
    assert "| native | 2 |" in text and "old" not in text and text.startswith("a\n")
    assert sorted(os.listdir(tmp_path / "document")) == sorted(
        name for name in os.listdir(results) if name.endswith(".svg"))


def test_a_row_that_is_none(bench):
    done, lines, _ = bench(ROWS="tower")
    assert done.returncode != 0 and "no row tower" in done.stderr and not lines
