"""A policy that leaves layers of isolation out is served only if that is asked for layer by layer,
and every answer tells it."""
import subprocess

import pytest

from support.daemon import SCARCE, WEAKER, program
from support.left_out import Policies, complete
from support.patience import PATIENCE_S
from support.wire import evaluate_add

WHERE = ["--socket", "/none"]


@pytest.fixture
def without():
    """Makes a folder of policies without these layers."""
    made = []

    def make(*layers):
        made.append(Policies(layers))
        return made[-1]

    yield make
    for policies in made:
        policies.remove()


def start(*options):
    return subprocess.run([program("assayd"), *options], capture_output=True, text=True,
                          check=False, timeout=PATIENCE_S)


def test_the_file_alone_weakens_nothing(without):
    policies = without("landlock", "rlimits")
    for named in ([], ["--allow-weaker", "rlimits"], ["--allow-weaker", "any"]):
        ended = start(*WHERE, "--policies", policies.folder, *named)
        assert ended.returncode != 0
        assert "policy python leaves out the layer landlock" in ended.stderr
        assert "--allow-weaker landlock" in ended.stderr


@pytest.mark.parametrize("layer", ["pid-namespace", "mount-namespace", "no-new-privileges"])
def test_what_no_cell_can_be_built_without(without, layer):
    ended = start(*WHERE, *without(layer).options())
    assert ended.returncode != 0
    assert f"no cell can be built without the layer {layer}" in ended.stderr


@pytest.mark.parametrize("layers", [["landlock"], ["seccomp"], ["rlimits", "uts-namespace"]])
def test_served_and_told(own_daemon, layers):
    daemon = own_daemon(leave_out=layers)
    with daemon.connect() as client:
        result = client.judge_one(evaluate_add())
        assert result.passed
        assert set(result.isolation) == set(client.greeting.isolation)
        assert not set(result.isolation) & set(complete(layers))
        assert {"pid-namespace", "no-capabilities"} <= set(result.isolation)
    for layer in layers:
        assert f"a policy leaves out the layer {layer}" in daemon.log()


@pytest.mark.requires_root
def test_an_ordinary_user_needs_its_user_namespace(own_daemon):
    with pytest.raises(AssertionError) as failure:
        own_daemon(user=61235, leave_out=["user-namespace"], weaker=SCARCE)
    assert "without which an ordinary user can build no cell" in str(failure.value)


def test_the_plan_and_the_doctor_say_so(without):
    options = without("uts-namespace", "rlimits").options()
    weaker = [] if WEAKER != "any" else [part for layer in SCARCE.split(",")
                                         for part in ("--allow-weaker", layer)]
    examined = start(*options, *weaker, "--doctor").stdout
    assert examined.count("a policy leaves it out") == 2
    assert "leave_out in the policy's file" in examined
    plan = start(*options, *weaker, "--explain", "python").stdout
    assert "host-name" not in plan and "rlimits" not in plan and "pivot-root" in plan
    assert "leaves out uts-namespace, leaves out rlimits" in start(
        *WHERE, *options, "--print-config").stdout
