"""EvalPlus's result file for HumanEval+, judged by assay.

    python3 -m assay.integrations.evalplus --samples SAMPLES --problem_file HumanEvalPlus.jsonl.gz

SAMPLES has lines {"task_id", "solution"} or {"task_id", "completion"}, or is a folder of
HumanEval_0/*.py. Writes what evalplus.evaluate writes, SAMPLES without its .jsonl and with
.eval_results.json behind, and prints pass@k as it does. Each input's expected output is what the
reference returns, which runs beside the tests, apart from the candidate. As theirs: which outputs
are equal, and that a sample stops at its first failing input. Other than theirs: the limit is CPU
time for all inputs of a sample, and a sample may leave tasks out, whose pass@k is then of the rest.
MBPP+ is not served; its inputs need a decoder for each task.
"""
from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import sys
import time
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from ..client import Client
from ..errors import AssayError
from ..result import Result
from ..task import Limits, Task, Tests
from .human_eval import stream_jsonl
from .judging import default_client, judge, limits_of_timeout
from .pass_at_k import means

_TIMEOUT_S = 60.0  # theirs, for all inputs of a sample
_KS = (1, 10, 100)

# The tests of one task. `assert ok, index` tells which input it was.
_CHECK = '''\
import copy, math
_names = {{"__name__": "reference"}}
exec({reference!r}, _names)
_inputs = {inputs}
def _floats(value):
    if isinstance(value, (list, tuple)):
        return len(value) > 0 and all(isinstance(each, float) for each in value)
    return isinstance(value, float)
def _close(actual, expected, atol):
    if isinstance(expected, (list, tuple)):
        return len(actual) == len(expected) and all(
            _close(one, other, atol) for one, other in zip(actual, expected))
    return actual == expected or (actual != actual and expected != expected) or (
        abs(actual - expected) <= atol + 1e-7 * abs(expected))
def _equal(actual, expected, atol, arguments):
    if {is_root}:
        return abs(_names["poly"](arguments[0], actual)) <= atol
    if actual == expected:
        return True
    if atol == 0 and _floats(expected):
        atol = 1e-6
    return atol != 0 and type(actual) is type(expected) and _close(actual, expected, atol)
def check(candidate):
    for index, arguments in enumerate(_inputs):
        expected = _names[{entry_point!r}](*copy.deepcopy(arguments))
        actual = candidate(*copy.deepcopy(arguments))
        ok = _equal(actual, expected, {atol!r}, arguments)
        assert ok, index
'''


def make_task(problem: Mapping[str, Any], inputs: Sequence[Any], limits: Limits) -> Task:
    """The task of some of a problem's inputs."""
    entry_point = problem["entry_point"]
    source = _CHECK.format(
        reference=problem["prompt"] + problem["canonical_solution"], inputs=repr(list(inputs)),
        entry_point=entry_point, atol=problem["atol"], is_root=entry_point == "find_zero")
    return Task(Tests.check(source), entry_point=entry_point, id=problem["task_id"],
                limits=limits, stop="first_failure")


def read_samples(path: str, problems: Mapping[str, Any]) -> Iterator[Tuple[str, str]]:
    """(task_id, whole program) of each sample. ValueError: of no known task, or without code."""
    if os.path.isdir(path):
        for folder in sorted(os.listdir(path)):
            for name in sorted(os.listdir(os.path.join(path, folder))):
                with open(os.path.join(path, folder, name), encoding="utf-8") as file:
                    yield folder.replace("_", "/"), file.read()
        return
    for sample in stream_jsonl(path):
        task_id = sample["task_id"]
        if task_id not in problems:
            raise ValueError(f"no such task: {task_id}")
        if "solution" in sample:
            yield task_id, sample["solution"]
        else:
            yield task_id, problems[task_id]["prompt"] + sample["completion"]


def result_path(samples: str) -> str:
    """Where evalplus.evaluate puts its results."""
    if os.path.isdir(samples):
        return os.path.join(samples, "eval_results.json")
    return f"{samples[:-len('.jsonl')] if samples.endswith('.jsonl') else samples}" \
        ".eval_results.json"


def _status(result: Result) -> str:
    if result.passed:
        return "pass"
    return "timeout" if result.verdict in ("CPU_LIMIT", "WALL_LIMIT") else "fail"


def _failing(result: Result, inputs: Sequence[Any]) -> List[Any]:
    """The input at which a sample stopped, if the tests came to say so."""
    for test in result.tests:
        message = test.error.message if test.error is not None else ""
        if test.outcome == "FAILED" and message.isdigit() and int(message) < len(inputs):
            return [inputs[int(message)]]
    return []


def evaluate(samples: str, problem_file: str, base_only: bool = False,
             client: Optional[Client] = None) -> Dict[str, Any]:
    """The object of the result file. ValueError, OSError: files that cannot be used."""
    judging = client or default_client()
    problems = {each["task_id"]: each for each in stream_jsonl(problem_file)}
    limits = limits_of_timeout(judging, _TIMEOUT_S)
    listed = list(read_samples(samples, problems))
    kinds = ("base",) if base_only else ("base", "plus")
    tasks = {(task_id, kind): make_task(problems[task_id], problems[task_id][f"{kind}_input"],
                                        limits)
             for task_id in {task_id for task_id, _ in listed} for kind in kinds}
    results = judge(judging, [(tasks[task_id, kind], solution)
                              for task_id, solution in listed for kind in kinds])
    judged = iter(results)
    entries: Dict[str, List[Dict[str, Any]]] = {}
    for task_id, solution in listed:
        entry: Dict[str, Any] = {"task_id": task_id, "solution": solution, "plus_status": None,
                                 "plus_fail_tests": []}
        for kind in kinds:
            result = next(judged)
            entry[f"{kind}_status"] = _status(result)
            entry[f"{kind}_fail_tests"] = _failing(result, problems[task_id][f"{kind}_input"])
        entries.setdefault(task_id, []).append(entry)
    return {"date": time.strftime("%Y-%m-%d %H:%M"), "hash": _hash(problem_file), "eval": entries,
            "pass_at_k": _pass_at_k(entries, base_only)}


def _hash(path: str) -> str:
    """Of the data set, as they name it."""
    with gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb") as file:
        return hashlib.md5(file.read()).hexdigest()


def _pass_at_k(entries: Mapping[str, List[Dict[str, Any]]],
               base_only: bool) -> Dict[str, Dict[str, float]]:
    base = [(len(each), sum(entry["base_status"] == "pass" for entry in each))
            for each in entries.values()]
    both = [(len(each), sum(entry["base_status"] == entry["plus_status"] == "pass"
                            for entry in each)) for each in entries.values()]
    scores = {"base": means(base, _KS)}
    if not base_only:
        scores["plus"] = means(both, _KS)
    return scores


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """The command. Status 0, or 1 with a reason on standard error."""
    parser = argparse.ArgumentParser(prog="assay.integrations.evalplus",
                                     description="Scores samples of HumanEval+.")
    parser.add_argument("--samples", required=True)
    parser.add_argument("--problem_file", required=True)
    parser.add_argument("--dataset", choices=["humaneval"], default="humaneval")
    parser.add_argument("--base-only", action="store_true")
    parser.add_argument("--output_file")
    options = parser.parse_args(arguments)
    try:
        results = evaluate(options.samples, options.problem_file, options.base_only)
        with open(options.output_file or result_path(options.samples), "w",
                  encoding="utf-8") as out:
            json.dump(results, out)
    except (AssayError, OSError, ValueError, KeyError) as error:
        print(f"evalplus: {error}", file=sys.stderr)
        return 1
    for kind, title in (("base", "humaneval (base tests)"),
                        ("plus", "humaneval+ (base + extra tests)")):
        if kind in results["pass_at_k"]:
            print(title)
            for k, score in results["pass_at_k"][kind].items():
                print(f"{k}:\t{score:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
