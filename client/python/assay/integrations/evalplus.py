"""EvalPlus's result file for HumanEval+ and MBPP+, judged by assay.

    python3 -m assay.integrations.evalplus --samples SAMPLES --problem_file HumanEvalPlus.jsonl.gz

SAMPLES has lines {"task_id", "solution"} or {"task_id", "completion"}, or is a folder of
HumanEval_0/*.py. Writes what evalplus.evaluate writes, SAMPLES without its .jsonl and with
.eval_results.json behind, and prints pass@k as it does. Each input's expected output is what the
reference returns, which is called once a task and never beside a candidate. As theirs: which outputs
are equal. Other than theirs: base and further inputs are one run, whose limit is its CPU time; all
inputs are tried, but the first failing one of each kind is told; and a sample may leave tasks out, whose
pass@k is then of the rest. Five inputs of Mbpp/255 are left out.
"""
from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import sys
import time
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from ..client import Client
from ..errors import AssayError
from ..result import Result, TestResult
from ..task import Limits, Task, Tests
from .human_eval import stream_jsonl
from .judging import default_client, judge, limits_of_timeout
from .pass_at_k import means

_TIMEOUT_S = 60.0  # theirs, for all inputs of a sample
_KS = (1, 10, 100)

_ORACLES = {
    "find_zero": "root", "are_equivalent": "any",
    **dict.fromkeys(("similar_elements", "find_char_long", "common_in_nested_lists",
                     "extract_singly", "larg_nnum", "intersection_array", "find_dissimilar",
                     "Diff"), "set"),
    **dict.fromkeys(("check_str", "text_match_three", "text_starta_endb"), "not_none"),
}
_ALTERNATIVES = {
    "sum_div": "def sum_div(*arguments):\n    return 0\n",
    "surface_Area": """
def surface_Area(edge, height):
    slant = ((edge / 2) ** 2 + height**2) ** 0.5
    return round(edge**2 + 4 * (edge * slant) / 2)
""",
    "digit_distance_nums": """
def digit_distance_nums(one, other):
    width = max(len(str(one)), len(str(other)))
    pairs = zip(str(one).zfill(width), str(other).zfill(width))
    return sum(abs(int(a) - int(b)) for a, b in pairs)
""",
}


def _tuples(arguments: Any, depths: Sequence[int], depth: int = 0) -> Any:
    """With lists at these depths as tuples; an argument itself has depth 1, 0 stands for all."""
    if isinstance(arguments, dict):
        return {key: _tuples(value, depths, depth + 1) for key, value in arguments.items()}
    if not isinstance(arguments, list):
        return arguments
    made = [_tuples(each, depths, depth + 1) for each in arguments]
    return tuple(made) if depth in depths or 0 in depths and depth > 0 else made


def _first(arguments: Any, depth: int) -> Any:
    return [*_tuples(arguments[:1], (depth,)), *arguments[1:]]


def _sets(arguments: Any) -> Any:
    return [[set(each) if isinstance(each, list) and each else {} for each in arguments[0]]]


# What arguments of MBPP+ were before they were JSON, by the numbers of tasks.
_MBPP: Sequence[Tuple[str, Callable[[Any], Any]]] = (
    ("2 116 132 143 222 261 273 394 399 421 424 429 470 560 579 596 616 630 726 740 744 809",
     lambda arguments: _tuples(arguments, (1,))),
    ("63 64 70 94 120 237 272 299 400 409 417 438 473 614 780",
     lambda arguments: _tuples(arguments, (2,))),
    ("75 413 444 722 753", lambda arguments: _first(arguments, 2)),
    ("106 750", lambda arguments: [arguments[0], tuple(arguments[1])]),
    ("250 307 405 446 617 720 763 808", lambda arguments: _first(arguments, 1)),
    ("259 278 401 445", lambda arguments: _tuples(arguments, (1, 2))),
    ("580 615 791", lambda arguments: _tuples(arguments, (0,))),
    ("115", _sets),
    ("124", lambda arguments: [float(arguments[0]), complex(arguments[1])]),
    ("252", lambda arguments: [complex(arguments[0])]),
)
_SHAPES = {f"Mbpp/{number}": shape for numbers, shape in _MBPP for number in numbers.split()}


def _inputs(problem: Mapping[str, Any], kind: str) -> List[Any]:
    """But of Mbpp/255 those whose answers are millions of texts, beyond what a value may be."""
    listed = problem[f"{kind}_input"]
    if problem["task_id"] == "Mbpp/255":
        return [each for each in listed if each[1] not in (76, 77)]
    return list(listed)


def make_task(problem: Mapping[str, Any], inputs: Sequence[Any], limits: Limits) -> Task:
    """The task of some of a problem's inputs."""
    entry_point = problem["entry_point"]
    shape = _SHAPES.get(problem["task_id"], list)
    alternatives = [_ALTERNATIVES[entry_point]] if entry_point in _ALTERNATIVES else []
    tests = Tests.referred(map(shape, inputs), problem["prompt"] + problem["canonical_solution"],
                           absolute_tolerance=problem["atol"], alternatives=alternatives,
                           oracle=_ORACLES.get(entry_point, ""))
    return Task(tests, entry_point=entry_point, id=problem["task_id"], limits=limits)


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


def _status(result: Result, tests: Sequence[TestResult], n_inputs: int) -> str:
    if result.passed or (len(tests) == n_inputs and all(test.outcome == "PASSED" for test in tests)):
        return "pass"
    return "timeout" if result.verdict in ("CPU_LIMIT", "WALL_LIMIT") else "fail"


def _failing(tests: Sequence[TestResult], inputs: Sequence[Any]) -> List[Any]:
    """The first input that failed, if the tests came to say so."""
    wrong = [each for test, each in zip(tests, inputs) if test.outcome not in ("PASSED", "NOT_RUN")]
    return wrong[:1]


def _entry(task_id: str, solution: str, result: Result, inputs: Mapping[str, Sequence[Any]]
           ) -> Dict[str, Any]:
    entry: Dict[str, Any] = {"task_id": task_id, "solution": solution, "plus_status": None,
                             "plus_fail_tests": []}
    at = 0
    for kind, listed in inputs.items():
        tests = result.tests[at:at + len(listed)]
        at += len(listed)
        entry[f"{kind}_status"] = _status(result, tests, len(listed))
        entry[f"{kind}_fail_tests"] = _failing(tests, listed)
    return entry


def evaluate(samples: str, problem_file: str, base_only: bool = False,
             client: Optional[Client] = None) -> Dict[str, Any]:
    """The object of the result file. ValueError, OSError: files that cannot be used."""
    judging = client or default_client()
    problems = {each["task_id"]: each for each in stream_jsonl(problem_file)}
    limits = limits_of_timeout(judging, _TIMEOUT_S)
    listed = list(read_samples(samples, problems))
    kinds = ("base",) if base_only else ("base", "plus")
    inputs = {task_id: {kind: _inputs(problems[task_id], kind) for kind in kinds}
              for task_id, _ in listed}
    tasks = {task_id: make_task(problems[task_id], sum(parts.values(), []), limits)
             for task_id, parts in inputs.items()}
    results = judge(judging, [(tasks[task_id], solution) for task_id, solution in listed])
    entries: Dict[str, List[Dict[str, Any]]] = {}
    for (task_id, solution), result in zip(listed, results):
        entry = _entry(task_id, solution, result, inputs[task_id])
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
                                     description="Scores samples of HumanEval+ or MBPP+.")
    parser.add_argument("--samples", required=True)
    parser.add_argument("--problem_file", required=True)
    parser.add_argument("--dataset", choices=["humaneval", "mbpp"])
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
    is_mbpp = any(task_id.startswith("Mbpp") for task_id in results["eval"])
    name = options.dataset or ("mbpp" if is_mbpp else "humaneval")
    for kind, title in (("base", f"{name} (base tests)"),
                        ("plus", f"{name}+ (base + extra tests)")):
        if kind in results["pass_at_k"]:
            print(title)
            for k, score in results["pass_at_k"][kind].items():
                print(f"{k}:\t{score:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
