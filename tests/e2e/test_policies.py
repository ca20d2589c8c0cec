"""assay policies: what each language may do; and which files would be taken."""
import json
import os
import subprocess

import pytest

from support.daemon import command_environment, program
from support.patience import PATIENCE_S

FOLDER = os.path.join(os.path.dirname(program("assayd")), "policies")


def policies(*arguments, **environment):
    return subprocess.run([program("assay"), "policies", *arguments], capture_output=True,
                          text=True, timeout=PATIENCE_S, check=False,
                          env=command_environment(environment))


@pytest.fixture(scope="module")
def python():
    ended = policies("--json")
    assert ended.returncode == 0 and ended.stderr == ""
    return {one["name"]: one for one in json.loads(ended.stdout)["policies"]}["python"]


def test_it_is_complete(python):
    assert python["language"] == python["runtime"] == "python"
    for limits in ("default_limits", "maximum_limits", "cell"):
        assert all(value > 0 for value in python[limits].values())
    assert {"kind": "bind", "target": "/usr", "source": "/usr"} in python["mounts"]
    assert "math" in python["imports"]
    assert "PYTHONHASHSEED=0" in python["environment"] and "TZ=UTC" in python["environment"]
    assert {"user-namespace", "seccomp", "cgroup-memory"} <= set(python["required_layers"])


def test_system_calls_are_counted_and_each_group_has_its_reason(python):
    calls = python["system_calls"]
    assert 0 < calls["conditional"] < calls["reachable"] < calls["known"]
    assert calls["known"] > 350
    assert all(group["reason"] for group in calls["groups"])
    allowed = {name for group in calls["groups"] if group["action"] == "SCMP_ACT_ALLOW"
               for name in group["names"]}
    assert {"read", "write", "execve"} <= allowed and "mount" not in allowed
    # The count is of calls that exist, so it cannot be above the number of names.
    assert calls["reachable"] <= len(allowed)


def test_the_page(python):
    ended = policies()
    assert ended.returncode == 0 and "\x1b" not in ended.stdout
    assert ended.stdout.splitlines()[0] == "python (policy python, runtime python)"
    assert (f"{python['system_calls']['reachable']} of {python['system_calls']['known']} can be "
            "reached") in ended.stdout
    assert python["system_calls"]["groups"][0]["reason"] in ended.stdout


@pytest.mark.parametrize("name", ["base.yaml", "python/policy.yaml", "python/seccomp.json"])
def test_our_own_files_pass(name):
    ended = policies("check", os.path.join(FOLDER, name))
    assert ended.returncode == 0 and ended.stdout.startswith("ok ")


PROFILE = """{
	"defaultAction": "SCMP_ACT_ERRNO",
	"syscalls": [
		{"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
		%s
	]
}
"""
REFUSED = {
    "profile.json": (PROFILE % '{"names": ["open"], "action": "SCMP_ACT_TRACE"}',
                     ":5: syscalls[1].action is not one of SCMP_ACT_ALLOW"),
    "unknown.json": (PROFILE % '{"names": ["open"], "action": "SCMP_ACT_ALLOW", "when": 1}',
                     ":5: unknown member 'when' in syscalls[1]; allowed here: comment, names"),
    "top.json": ('{"defaultAction": "SCMP_ACT_ERRNO",\n"syscalls": [],\n"flags": []}',
                 ":3: unknown member 'flags' in the profile; allowed here: comment"),
    "syntax.json": ('{"defaultAction":\n', ":2:"),
    "contradiction.json": (PROFILE % '{"names": ["read"], "action": "SCMP_ACT_KILL"}',
                           "rules for system call read contradict each other"),
    "policy.yaml": ("language: x\nmounts:\n  - {kind: bind, source_: /x, target: /x}\n",
                    ":3: unknown key 'source_' in mounts; allowed here: kind, source, target"),
    "value.yaml": ("language: x\ncell:\n  runs: many\n", ":3: runs: 'many' is not a number"),
    "layer.yaml": ("required_layers: [walls]\n", ":1: required_layers: 'walls' is not a layer"),
    "relative.yaml": ("mounts:\n  - {kind: bind, source: ../etc, target: /etc}\n",
                      ":2: source: '../etc' is not a plain absolute path"),
    "zero.yaml": ("default_limits: {processes: 0}\n", "processes: '0' is not a number from 1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_place_and_reason(tmp_path, name):
    text, complaint = REFUSED[name]
    (tmp_path / name).write_text(text)
    ended = policies("check", str(tmp_path / name))
    assert ended.returncode == 1
    assert ended.stdout.startswith("refused ") and complaint in ended.stdout, ended.stdout


def test_a_call_that_nobody_knows_is_named_but_no_mistake(tmp_path):
    path = tmp_path / "newer.json"
    path.write_text(PROFILE % '{"names": ["teleport"], "action": "SCMP_ACT_ALLOW"}')
    ended = policies("check", str(path))
    assert ended.returncode == 0 and "teleport" in ended.stdout
    assert "2 of" in ended.stdout
    answer = json.loads(policies("--json", "check", str(path)).stdout)
    assert answer["ok"] and answer["unknown"] == ["teleport"] and answer["reachable"] == 2


def test_several_files_and_one_bad(tmp_path):
    (tmp_path / "bad.yaml").write_text("nonsense: 1\n")
    ended = policies("check", os.path.join(FOLDER, "base.yaml"), str(tmp_path / "bad.yaml"))
    assert ended.returncode == 1
    assert [line.split()[0] for line in ended.stdout.splitlines()] == ["ok", "refused"]


def test_a_text_of_the_file_cannot_steer_the_terminal(tmp_path):
    path = tmp_path / "esc.yaml"
    path.write_bytes(b"language: \"\\e[31mx\"\n")
    ended = policies("check", str(path))
    assert ended.returncode == 1 and "\x1b" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("arguments, complaint", [
    (["verify"], "'verify' is not known"),
    (["check"], "a FILE is missing"),
    (["--all"], "unrecognized option"),
])
def test_wrong_arguments(arguments, complaint):
    ended = policies(*arguments)
    assert ended.returncode == 2 and ended.stdout == "" and complaint in ended.stderr


def test_a_file_that_is_not_there():
    ended = policies("check", "/no/such/file")
    assert ended.returncode == 1 and "No such file" in ended.stdout
