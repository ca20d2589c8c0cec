"""What fits into other people's loops: the interfaces that they call, with a real daemon."""
import asyncio
import gzip
import importlib.util
import inspect
import json
import os
import subprocess
import sys
import types

import pytest

import assay
from assay.integrations import code_eval, evalplus, human_eval, judging, reflexion, trl, verl
from assay.integrations.pass_at_k import means, pass_at_k
from support.daemon import BUILD, command_environment, program
from support.shared import HUMANEVAL, data_path, read_lines

GOOD = "def add(a, b):\n    return a + b\n"
WRONG = "def add(a, b):\n    return a - b\n"
ASSERTS = ["assert add(1, 2) == 3", "assert add(0, 0) == 0"]


@pytest.fixture(autouse=True)
def standing_daemon(daemon, monkeypatch):
    """The integrations find the module's daemon as they would find one of the machine's."""
    monkeypatch.setenv("ASSAY_ADDR", daemon.path)
    monkeypatch.setattr(judging, "_client", None)


# ---------------------------------------------------------------- Reflexion


def test_reflexion_executes():
    executor = reflexion.executor_factory("py")
    result = executor.execute(WRONG, [*ASSERTS, "assert add([], 1) == 1", "assert List[int]"])
    assert result.is_passing is False and result.state == (False, True, False, True)
    assert result.feedback == (
        "Tested passed:\nassert add(0, 0) == 0\nassert List[int]\n\nTests failed:\n"
        "assert add(1, 2) == 3 # output: -1\nassert add([], 1) == 1 # output: unsupported operand "
        "type(s) for -: 'list' and 'int'")
    assert executor.execute(GOOD, ASSERTS) == (
        True, "Tested passed:\n" + "\n".join(ASSERTS) + "\n\nTests failed:", (True, True))
    assert executor.execute(GOOD, []) == (True, "Tested passed:\n\nTests failed:", ())


@pytest.mark.parametrize("code, output", [
    ("def add(a, b):\n    while True: pass\n", "TIMEOUT"),
    ("import sys\ndef add(a, b):\n    sys.exit(0)\n", ""),
    ("def add(a, b)\n    return a + b\n", ""),
])
def test_reflexion_survives_what_ended_its_own_executor(code, output):
    result = reflexion.PyExecutor().execute(code, ASSERTS[:1], timeout=0.3)
    assert not result.is_passing and result.state == (False,)
    assert result.feedback.startswith(
        f"Tested passed:\n\nTests failed:\n{ASSERTS[0]} # output: {output}")


def test_reflexion_takes_tests_that_are_no_python():
    result = reflexion.PyExecutor().execute(GOOD, ["assert add(1, 2) ==", ASSERTS[0]])
    assert not result.is_passing and result.state[0] is False and len(result.state) == 2


def test_reflexion_evaluates_as_was_recorded():
    """Solutions that GPT-4 and others wrote, with the verdict that Reflexion's executor gave."""
    tasks = {task["task"]: task for task in read_lines("labelled/tasks.jsonl.gz")
             if task["dataset"] == "humaneval"}
    candidates = [each for each in read_lines("labelled/candidates.jsonl.gz")
                  if each["dataset"] == "humaneval"]
    wrong = [each for each in candidates if not each["verdict"]][:12]
    right = [each for each in candidates if each["verdict"]][:12]
    executor = reflexion.executor_factory("python")
    for each in wrong + right:
        task = tasks[each["task"]]
        code = each["code"]
        if f"def {task['entry']}(" not in code:
            code = task["prompt"] + code  # recorded without its head
        assert executor.evaluate(task["entry"], code, task["test"], timeout=10) == each["verdict"], each["task"]


def test_reflexion_names_the_languages_that_it_has_not():
    for arguments in (("rust",), ("cobol",), ("py", True)):
        with pytest.raises(ValueError, match="Invalid language for executor: "):
            reflexion.executor_factory(*arguments)


# ---------------------------------------------------------------- TRL


TASK = {"entry_point": "add", "tests": {"asserts": ASSERTS, "calls": None}}
FENCED = "Here it is:\n```python\n%s```\nIt adds."


def call_reward(reward, **columns):
    """As TRL's trainers do: by name, with all columns, in a loop of their own."""
    assert inspect.iscoroutinefunction(reward)
    return asyncio.run(reward(prompts=[""] * len(columns["completions"]), completion_ids=[],
                              trainer_state=None, log_metric=None, **columns))


def test_trl_rewards_texts_and_conversations():
    reward = trl.code_reward(name="passes")
    assert reward.__name__ == "passes"
    text = json.dumps({"entry_point": "add", "tests": {"asserts": ASSERTS}})
    completions = [FENCED % GOOD, [{"role": "assistant", "content": FENCED % WRONG}], "no code"]
    for column in ([text] * 3, [TASK] * 3, [assay.Task.from_dict(json.loads(text))] * 3):
        if isinstance(column[0], assay.Task):
            completions = [GOOD, [{"role": "assistant", "content": WRONG}], "no code"]
        rewards = call_reward(reward, completions=completions, task=column)
        assert [value in (expected, None) for value, expected in zip(rewards, (1.0, 0.0, 0.0))]
        assert rewards[0] != 0.0 and rewards[1] != 1.0
    partial = trl.code_reward("tests", partial=True)
    (half,) = call_reward(partial, completions=[FENCED % WRONG], tests=[TASK])
    assert half in (0.5, None)


def test_trl_masks_what_could_not_be_judged(fake_server):
    """None for a starved sample and for a daemon that fails; a wrong task ends the training."""
    from support.wire import pb  # pylint: disable=import-outside-toplevel

    def script(conversation):
        conversation.greet()
        message = conversation.receive_evaluate()
        result = pb.ServerMessage(request_id=message.request_id)
        result.result.verdict, result.result.maskable = pb.STARVED, True
        conversation.send(result)
        conversation.send_done(message.request_id)
        message = conversation.receive_evaluate()
        conversation.send_error(message.request_id, pb.INTERNAL)
        message = conversation.receive_evaluate()
        conversation.send_error(message.request_id, pb.INVALID_REQUEST)
        conversation.receive()
    with assay.Client(fake_server(script).path) as client:
        reward = trl.code_reward(client=client)
        for _ in range(2):
            assert call_reward(reward, completions=[GOOD], task=[TASK]) == [None]
        with pytest.raises(assay.InvalidRequest):
            call_reward(reward, completions=[GOOD], task=[TASK])
        for wrong in ("{", "[]", 3):
            with pytest.raises(assay.InvalidRequest):
                call_reward(reward, completions=[GOOD], task=[wrong])


# ---------------------------------------------------------------- verl


def load_as_verl_does():
    """By its path, outside of the package."""
    path = os.path.join(BUILD, "python", "assay", "integrations", "verl.py")
    spec = importlib.util.spec_from_file_location("custom_module", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.compute_score


SUM = "a, b = map(int, input().split())\nprint(a + b)\n"
STDIO = {"inputs": ["1 2\n", "3 4", "0 0"], "outputs": ["3\n", "7", "1"]}
CALLS = {"fn_name": "add", "inputs": ["1\n2", "[1]\n[2]", '"a"\n"b"'],
         "outputs": ["3", "[1, 2]", '"ab"']}
METHOD = "class Solution:\n    def add(self, a, b):\n        return a + b\n"


@pytest.mark.parametrize("truth, code, score", [
    (STDIO, SUM, 2 / 3), (CALLS, GOOD, 1.0), (CALLS, METHOD, 1.0), (CALLS, WRONG, 0.0),
    ({"inputs": ["1", "2"], "outputs": [None, None], "assert_case": ASSERTS}, WRONG, 0.5),
    ({"tests": {"asserts": ASSERTS}}, GOOD, 1.0),
])
def test_verl_scores(truth, code, score):
    compute_score = load_as_verl_does()
    for ground_truth in (truth, json.dumps(truth)):
        answer = compute_score(data_source="taco", solution_str=f"So:\n```python\n{code}```\n.",
                               ground_truth=ground_truth, extra_info={"index": 1}, later=True)
        assert answer["score"] == pytest.approx(score)
        assert answer["passed"] == float(score == 1.0) and answer["verdict"]


def test_verl_takes_code_as_verl_does():
    assert verl.compute_score("apps", "no fence", STDIO)["score"] == 0.0
    whole = verl.compute_score_batch(
        ["apps"] * 3, [f"```\n{SUM}```", f"```python\nraise\n```\n```python\n{SUM}", "none"],
        [STDIO] * 3, continuous=False, timeout=5)
    assert [each["score"] for each in whole] == [0.0, 0.0, 0.0]
    parts = verl.compute_score_batch(
        ["apps"] * 2, [f"```\n{SUM}```", f"```python\nraise\n```\n```python\n{SUM}"], [STDIO] * 2)
    assert [each["score"] for each in parts] == [pytest.approx(2 / 3)] * 2
    answer = asyncio.run(verl.compute_score_async("apps", f"```\n{SUM}```", STDIO))
    assert answer["score"] == pytest.approx(2 / 3)
    for wrong in ("{", [], {"inputs": [""], "outputs": []}):
        with pytest.raises(assay.InvalidRequest):
            verl.compute_score("apps", "```\nx\n```", wrong)


def test_verl_is_never_told_that_the_daemons_failure_was_the_candidates(fake_server, monkeypatch):
    from support.wire import pb  # pylint: disable=import-outside-toplevel

    def script(conversation):
        conversation.greet()
        while True:
            message = conversation.receive_evaluate()
            result = pb.ServerMessage(request_id=message.request_id)
            result.result.verdict, result.result.maskable = pb.INFRA, True
            conversation.send(result)
            conversation.send_done(message.request_id)
    with assay.Client(fake_server(script).path) as client:
        monkeypatch.setattr(judging, "_client", client)
        with pytest.raises(assay.InfraError, match="1 of 1 candidates could not be judged"):
            verl.compute_score("apps", "```\nx\n```", STDIO)


# ---------------------------------------------------------------- code_eval, human-eval


CHECKED = "def check(candidate):\n    assert candidate(1, 2) == 3\n\ncheck(add)"


def load_code_eval(monkeypatch):
    """The folder's file, with as much of `evaluate` and `datasets` as it is loaded by."""
    evaluate, datasets = types.ModuleType("evaluate"), types.ModuleType("datasets")
    evaluate.MetricInfo = lambda **named: types.SimpleNamespace(**named)
    evaluate.Metric = type("Metric", (), {"compute": lambda self, **named: self._compute(**named)})
    datasets.Value = datasets.Sequence = datasets.Features = lambda inner: inner
    monkeypatch.setitem(sys.modules, "evaluate", evaluate)
    monkeypatch.setitem(sys.modules, "datasets", datasets)
    path = os.path.join(BUILD, "python", "code_eval", "code_eval.py")
    spec = importlib.util.spec_from_file_location("code_eval_module", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.CodeEval()


def test_code_eval_computes_as_hugging_faces_does(monkeypatch):
    metric = load_code_eval(monkeypatch)
    assert metric._info().features == {"predictions": "string", "references": "string"}
    pass_at_k, results = metric.compute(
        references=["\n".join(ASSERTS), CHECKED, "import math\nassert add(1, 2) == math.floor(3.5)"],
        predictions=[[WRONG, GOOD], [GOOD, "raise ValueError('at once')"], [GOOD, WRONG]],
        k=[1, 2, 10])
    assert pass_at_k == {"pass@1": 0.5, "pass@2": 1.0}
    assert results[0] == [
        (0, {"task_id": 0, "passed": False, "result": "failed: ", "completion_id": 0}),
        (1, {"task_id": 0, "passed": True, "result": "passed", "completion_id": 1})]
    assert results[1][1][1]["result"] == "failed: at once"
    assert [entry["passed"] for _, entry in results[2]] == [True, False]


def test_code_eval_examines_apart_what_can_be():
    limits = assay.Limits()
    kinds = [code_eval.make_task(reference, limits).tests.kind for reference in (
        "\n".join(ASSERTS), CHECKED, CHECKED + "  # all", "check(add)", "x = 1\n" + CHECKED,
        CHECKED.replace("\n\n", "; x = 1; "), "assert (", "", "import os\nassert add(1, 2)")]
    assert kinds == ["asserts", "check", "check", "program", "check", "program", "program",
                     "program", "program"]
    _, results = code_eval.compute([CHECKED], [["def add(a, b):\n    while True: pass\n"]],
                                   timeout=0.5)
    assert results[0][0][1]["result"] == "timed out"


def test_pass_at_k_is_the_mean_over_all_draws():
    assert pass_at_k(2, 1, 1) == 0.5 and pass_at_k(5, 0, 3) == 0.0 and pass_at_k(3, 1, 3) == 1.0
    assert pass_at_k(10, 3, 4) == pytest.approx(1 - 35 / 210)
    assert means([(2, 1), (1, 1)], [1, 2]) == {"pass@1": 0.75} and means([], [1]) == {}


def write_samples(path, problems, opener=open):
    with opener(path, "wt", encoding="utf-8") as samples:
        for number, problem in enumerate(problems):
            for body in (problem["canonical_solution"], "    return None\n"):
                samples.write(json.dumps({"task_id": problem["task_id"], "completion": body,
                                          "number": number}) + "\n")


def test_human_evals_command(daemon, tmp_path):
    problems = read_lines(HUMANEVAL)[:12]
    problem_file, sample_file = tmp_path / "problems.jsonl", tmp_path / "samples.jsonl.gz"
    problem_file.write_text("".join(json.dumps(each) + "\n" for each in problems), "utf-8")
    write_samples(sample_file, problems, gzip.open)
    command = [sys.executable, program("python/evaluate_functional_correctness"), str(sample_file), "--k=1,2,3",
               "--n_workers=2", "--timeout=10", f"--problem_file={problem_file}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300,
                          env=command_environment({"ASSAY_ADDR": daemon.path}))
    assert done.returncode == 0, done
    assert done.stdout.splitlines() == [
        "Reading samples...", "Running test suites...",
        f"Writing results to {sample_file}_results.jsonl...", "{'pass@1': 0.5, 'pass@2': 1.0}"]
    with open(f"{sample_file}_results.jsonl", encoding="utf-8") as lines:
        results = [json.loads(line) for line in lines]
    assert [result["passed"] for result in results] == [True, False] * len(problems)
    assert results[0]["result"] == "passed" and results[0]["number"] == 0
    assert all(result["result"].startswith("failed: ") for result in results[1::2])


def test_human_evals_command_says_what_is_wrong(tmp_path, capsys):
    problems, samples = tmp_path / "problems.jsonl", tmp_path / "samples.jsonl"
    with gzip.open(data_path(HUMANEVAL), "rt", encoding="utf-8") as lines:
        problems.write_text("".join(next(lines) for _ in range(2)), "utf-8")
    for text, reason in (('{"task_id": "HumanEval/0", "completion": ""}', "not attempted"),
                         ('{"task_id": "X", "completion": ""}', "no such problem: X"),
                         ("{", "Expecting"), ("{}", "task_id")):
        samples.write_text(text + "\n", "utf-8")
        assert human_eval.main([str(samples), f"--problem_file={problems}"]) == 1
        assert reason in capsys.readouterr().err
    assert human_eval.main([str(samples)]) == 1
    assert "--problem_file is needed" in capsys.readouterr().err


# ---------------------------------------------------------------- EvalPlus

PLUS = "humaneval-plus/HumanEvalPlus.jsonl.gz"
ONLY_BASE = """
from typing import List
def has_close_elements(numbers: List[float], threshold: float) -> bool:
    if len(numbers) < 5: return False
    return any(abs(a - b) < threshold for i, a in enumerate(numbers) for b in numbers[:i])
"""


def test_mbpp_plus(tmp_path, capsys):
    """Arguments that JSON cannot say, and answers of which something else than equality is asked."""
    problems = [problem for problem in read_lines("mbpp-plus/MbppPlus.jsonl.gz")
                if problem["task_id"] in ("Mbpp/2", "Mbpp/124", "Mbpp/252", "Mbpp/255", "Mbpp/278",
                                          "Mbpp/580", "Mbpp/722", "Mbpp/737", "Mbpp/750",
                                          "Mbpp/793")]
    problem_file, samples = tmp_path / "plus.jsonl", tmp_path / "samples.jsonl"
    problem_file.write_text("".join(json.dumps(each) + "\n" for each in problems), "utf-8")
    samples.write_text("".join(
        json.dumps({"task_id": each["task_id"], "solution": code}) + "\n" for each in problems
        for code in (each["canonical_solution"], f"{each['entry_point']} = print\n")), "utf-8")
    assert evalplus.main(["--samples", str(samples), "--problem_file", str(problem_file)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "mbpp (base tests)", "pass@1:\t0.500", "mbpp+ (base + extra tests)", "pass@1:\t0.500"]


def test_evalpluss_result_file(tmp_path, capsys):
    """References pass; a solution that only the further inputs find fails with the first of them."""
    problems = [problem for problem in read_lines(PLUS)
                if problem["task_id"] in ("HumanEval/0", "HumanEval/2", "HumanEval/32")]
    problem_file, samples = tmp_path / "plus.jsonl", tmp_path / "samples.jsonl"
    problem_file.write_text("".join(json.dumps(each) + "\n" for each in problems), "utf-8")
    lines = [{"task_id": each["task_id"], "completion": body} for each in problems
             for body in (each["canonical_solution"], "    raise ValueError\n")]
    lines[1] = {"task_id": "HumanEval/0", "solution": ONLY_BASE}
    samples.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    assert evalplus.main(["--samples", str(samples), "--problem_file", str(problem_file)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "humaneval (base tests)", "pass@1:\t0.667",
        "humaneval+ (base + extra tests)", "pass@1:\t0.500"]
    written = json.loads((tmp_path / "samples.eval_results.json").read_text("utf-8"))
    assert set(written) == {"date", "hash", "eval", "pass_at_k"}
    first, only_base = written["eval"]["HumanEval/0"]
    assert first["base_status"] == first["plus_status"] == "pass"
    assert (only_base["base_status"], only_base["plus_status"]) == ("pass", "fail")
    (failing,) = only_base["plus_fail_tests"]
    assert failing in problems[0]["plus_input"] and len(failing[0]) < 5
    assert only_base["solution"] == ONLY_BASE and only_base["base_fail_tests"] == []
    assert written["pass_at_k"] == {"base": {"pass@1": pytest.approx(2 / 3)},
                                    "plus": {"pass@1": 0.5}}
    folder = tmp_path / "samples" / "HumanEval_0"
    folder.mkdir(parents=True)
    (folder / "0.py").write_text(ONLY_BASE, "utf-8")
    results = evalplus.evaluate(str(folder.parent), str(problem_file), base_only=True)
    assert results["eval"]["HumanEval/0"][0]["plus_status"] is None
    assert results["pass_at_k"] == {"base": {"pass@1": 1.0}}
    assert evalplus.result_path(str(folder.parent)).endswith("samples/eval_results.json")
    samples.write_text('{"task_id": "X", "solution": ""}', "utf-8")
    assert evalplus.main(["--samples", str(samples), "--problem_file", str(problem_file)]) == 1
    assert "no such task: X" in capsys.readouterr().err
