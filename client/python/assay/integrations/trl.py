"""A reward function for TRL's trainers (GRPO, RLOO, Online DPO).

    GRPOTrainer(..., reward_funcs=[code_reward(column="task")])

The data set has a column with each sample's task, in the form that `assay eval` reads. TRL calls
the function with lists of the same length, awaits it because it is a coroutine function, and leaves
out what is None.
"""
from __future__ import annotations

import json
from typing import Any, Awaitable, Callable, Dict, List, Mapping, Optional, Union

from ..async_client import AsyncClient
from ..client import Client
from ..errors import AssayError, InvalidRequest
from ..task import Task
from .judging import default_client

Rewards = List[Optional[float]]


def _text_of(completion: Any) -> str:
    """A completion is a text, or a list of messages of which the last one counts."""
    if isinstance(completion, str):
        return completion
    content = completion[-1]["content"] if completion else ""
    return content if isinstance(content, str) else ""


def task_of(value: Union[Task, str, Mapping[str, Any]], extract: str) -> Task:
    """A column's value as a task whose candidates are a model's texts. InvalidRequest."""
    if isinstance(value, Task):
        return value
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise InvalidRequest(f"no JSON: {error}", "task") from None
    if not isinstance(value, Mapping):
        raise InvalidRequest("must be a JSON object", "task")
    return Task.from_dict({"extract": extract, **{name: part for name, part in value.items()
                                                  if part is not None}})


def _without_nones(value: Any) -> Any:
    """Data sets fill keys that other rows have with None; here such keys are left out."""
    if isinstance(value, Mapping):
        return {name: _without_nones(part) for name, part in value.items()
                if part is not None or name == "expect"}
    return value


def code_reward(column: str = "task", *, partial: bool = False, extract: str = "last_fence",
                client: Optional[Client] = None,
                name: str = "code_reward") -> Callable[..., Awaitable[Rewards]]:
    """A coroutine function as TRL wants one: 1.0 for a sample that passed, 0.0 for one that did
    not, None for one that is not to be blamed or could not be judged.

    column: of the data set; its values are tasks: Task, JSON text, or the same as a mapping.
    partial: the share of the tests that passed instead of 0.0.
    extract: which part of a completion is the code; a task that says so itself is left as it is.
    name: under which TRL logs it.
    InvalidRequest: a task that cannot be used is a mistake in the data set, and ends the training.
    """
    async def reward(prompts: List[Any], completions: List[Any], **columns: Any) -> Rewards:
        judges = AsyncClient.of(client or default_client())
        tasks: Dict[str, Task] = {}  # samples of one prompt share theirs, which travels once
        pairs = []
        for value, completion in zip(columns[column], completions):
            key = value if isinstance(value, str) else repr(value)
            if key not in tasks:
                tasks[key] = task_of(_without_nones(value), extract)
            pairs.append((tasks[key], _text_of(completion)))
        results: List[Any] = await judges.evaluate_batch(pairs, return_exceptions=True)
        rewards: Rewards = []
        for result in results:
            if isinstance(result, InvalidRequest):
                raise result
            rewards.append(None if isinstance(result, AssayError) else result.reward(partial))
        return rewards

    reward.__name__ = name
    return reward
