"""A reward function for verl: custom_reward_function.path=.../assay/integrations/verl.py

`ground_truth` holds the tests, as JSON or as an object, in one of two forms: a task that
`assay eval` reads ({"tests": ...}), or verl's own test cases ({"inputs": [...], "outputs": [...]},
with "fn_name" or "assert_case" if wished). All tests of a sample are one evaluation, where verl's
client of SandboxFusion sends the program once for each.

verl has no word for "not judged", and turns the failures of a sandbox into a reward of 0, which
teaches the model something wrong. Here it is judged again, and then InfraError is raised.
"""
from __future__ import annotations

import asyncio
import json
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

from assay import Call, InvalidRequest, Limits, Task, Tests
from assay.integrations.judging import default_client, judge

_NO_FENCE = {"score": 0.0, "passed": 0.0, "verdict": "NO_CODE"}
# verl's callers may name a method of class Solution.
_SOLUTION = "\ntry:\n    {name}\nexcept NameError:\n    {name} = Solution().{name}\n"


def _value(text: Any) -> Any:
    """verl writes values as JSON; what is no JSON is a text."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _arguments(text: Any) -> List[Any]:
    """One JSON value in each line, or the list of arguments itself."""
    if not isinstance(text, str):
        return list(text)
    return [_value(line) for line in text.splitlines()]


def _tests_of(cases: Mapping[str, Any]) -> Tests:
    inputs, outputs = cases.get("inputs") or [], cases.get("outputs") or []
    if cases.get("assert_case"):
        return Tests.asserts(cases["assert_case"])
    if len(inputs) != len(outputs):
        raise InvalidRequest("inputs and outputs must be of one length", "ground_truth")
    if cases.get("fn_name"):
        return Tests.calls(Call(_arguments(given), _value(wanted))
                           for given, wanted in zip(inputs, outputs))
    return Tests.stdio(zip(inputs, outputs))


def make_task(ground_truth: Union[str, Mapping[str, Any]],
              timeout: Optional[float] = None) -> Tuple[Task, str]:
    """The task, and code that has to follow the candidate's. InvalidRequest: neither form."""
    if isinstance(ground_truth, str):
        try:
            ground_truth = json.loads(ground_truth)
        except ValueError as error:
            raise InvalidRequest(f"no JSON: {error}", "ground_truth") from None
    if not isinstance(ground_truth, Mapping):
        raise InvalidRequest("must be a JSON object", "ground_truth")
    if "tests" in ground_truth:
        return Task.from_dict({"extract": "last_fence", **ground_truth}), ""
    name = str(ground_truth.get("fn_name") or "")
    limits = Limits() if timeout is None else Limits(cpu_ms=int(timeout * 1000))
    task = Task(_tests_of(ground_truth), entry_point=name, limits=limits)
    return task, _SOLUTION.format(name=name) if name else ""


def _code_of(solution: str) -> Optional[str]:
    """Behind the last fence that says python, else the second part between fences, as verl does."""
    if "```python" in solution:
        return solution.split("```python")[-1].split("```")[0]
    parts = solution.split("```")
    if len(parts) < 2:
        return None
    first_line, newline, rest = parts[1].partition("\n")
    return rest if newline and first_line.strip().isalpha() else parts[1]


def compute_scores(solutions: Sequence[str],
                   ground_truths: Sequence[Union[str, Mapping[str, Any]]],
                   timeout: Optional[float] = None,
                   continuous: bool = True) -> List[Dict[str, Any]]:
    """A batch at once; see compute_score()."""
    scores: List[Dict[str, Any]] = [dict(_NO_FENCE) for _ in solutions]
    pairs, positions = [], []
    for position, (solution, truth) in enumerate(zip(solutions, ground_truths)):
        code = _code_of(solution)
        if code is not None:
            task, suffix = make_task(truth, timeout)
            pairs.append((task, solution if task.extract == "last_fence" else code + suffix))
            positions.append(position)
    for position, result in zip(positions, judge(default_client(), pairs)):
        score = result.score if continuous else float(result.passed)
        scores[position] = {"score": score, "passed": float(result.passed),
                            "verdict": result.verdict}
    return scores


def compute_score(data_source: str, solution_str: str, ground_truth: Union[str, Mapping[str, Any]],
                  extra_info: Optional[Mapping[str, Any]] = None, *,
                  timeout: Optional[float] = None, continuous: bool = True,
                  **_: Any) -> Dict[str, Any]:
    """verl's signature. {"score", "passed", "verdict"}: the share of the tests that passed, or with
    `continuous` false 1.0 or 0.0. `timeout`: seconds of CPU time; of stdio for each case. A text
    without code has score 0; so has a sample whose tests do not run (verdict BAD_TASK), whatever
    its text is. InvalidRequest, InfraError, ConnectionLost, Overloaded, Quota."""
    return compute_scores([solution_str], [ground_truth], timeout, continuous)[0]


def compute_score_batch(data_sources: Sequence[str], solution_strs: Sequence[str],
                        ground_truths: Sequence[Union[str, Mapping[str, Any]]],
                        extra_infos: Optional[Sequence[Any]] = None, *,
                        timeout: Optional[float] = None, continuous: bool = True,
                        **_: Any) -> List[Dict[str, Any]]:
    """The signature of verl's batch reward manager: a whole step in one go, which is faster."""
    return compute_scores(solution_strs, ground_truths, timeout, continuous)


async def compute_score_async(*arguments: Any, **named: Any) -> Dict[str, Any]:
    """compute_score() for verl's asynchronous reward managers."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, lambda: compute_score(*arguments, **named))
