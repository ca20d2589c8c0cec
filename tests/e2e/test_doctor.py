"""assay doctor: what protects this machine, with the fix for what is missing; no daemon is needed."""
import json
import os
import pty
import shutil
import subprocess

import pytest

from support.daemon import WEAKER, command_environment, program
from support.patience import PATIENCE_S

USER = 61237  # nobody's
BOX = ["user-namespace", "pid-namespace", "mount-namespace", "network-namespace", "ipc-namespace",
       "uts-namespace", "cgroup-namespace", "read-only-root", "no-capabilities",
       "no-new-privileges", "seccomp", "rlimits"]
SCARCE = ["host-uid-per-slot", "cgroup-memory", "cgroup-pids", "cgroup-cpu"]


def doctor(*arguments, user=None, **environment):
    identity = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    return subprocess.run([program("assay"), "doctor", *arguments], capture_output=True, text=True,
                          timeout=PATIENCE_S, check=False, env=command_environment(environment),
                          **identity)


def findings(*arguments, **named):
    ended = doctor("--json", *arguments, **named)
    assert ended.stderr == ""
    return ended.returncode, {one["name"]: one for one in json.loads(ended.stdout)["findings"]}


@pytest.fixture(scope="module")
def here():
    return findings()


@pytest.mark.skipif(bool(WEAKER), reason="this machine does not give every layer")
def test_a_machine_that_gives_everything(here):
    status, found = here
    assert status == 0
    assert not [name for name, one in found.items() if one["state"] == "missing"]
    assert all(found[layer]["state"] == "ok" for layer in SCARCE)


def test_what_is_looked_at(here):
    _, found = here
    assert {"kernel", "user-namespaces", "apparmor", "seccomp", "landlock", "cgroups", "swap",
            "core-pattern", "hidepid", "overcommit", "cell of python", *BOX, *SCARCE} <= set(found)
    for one in found.values():
        assert one["why"] and one["seen"], one
        assert one["state"] in ("ok", "weak", "missing")
        assert one["state"] == "ok" or one["fix"], one
    assert all(found[layer]["state"] == "ok" for layer in BOX)


def test_the_page(here):
    _, found = here
    ended = doctor()
    lines = ended.stdout.splitlines()
    for name in found:
        assert any(line.split(maxsplit=1)[1].startswith(name) for line in lines
                   if line.startswith(("ok ", "weak ", "missing "))), name
    assert lines[-1].startswith(f"{sum(o['state'] == 'missing' for o in found.values())} missing, ")
    assert "\x1b" not in ended.stdout  # not a terminal


@pytest.mark.requires_root
def test_an_ordinary_user_lacks_layers_and_is_told_what_to_do():
    status, found = findings(user=USER)
    assert status == 1
    for layer in SCARCE:
        assert found[layer]["state"] == "missing"
        assert "run assayd as root" in found[layer]["fix"]
    assert all(found[layer]["state"] == "ok" for layer in BOX)
    assert found["cell of python"]["state"] == "ok"
    page = doctor(user=USER)
    assert page.returncode == 1 and page.stdout.startswith("missing ")
    assert "--allow-weaker" in page.stdout.splitlines()[-1]


def broken_policies(tmp_path):
    """Policies that mount a folder which does not exist."""
    folder = tmp_path / "policies"
    shutil.copytree(os.path.join(os.path.dirname(program("assayd")), "policies"), folder)
    with open(folder / "base.yaml", "a", encoding="utf-8") as base:
        base.write("  - {kind: bind, source: /no/such/folder, target: /more}\n")
    return folder


def test_a_cell_that_cannot_be_built(tmp_path):
    status, found = findings("--policies", str(broken_policies(tmp_path)))
    assert status == 1
    assert found["cell of python"]["state"] == "missing"
    assert "/no/such/folder" in found["cell of python"]["seen"]
    assert "install what is missing" in found["cell of python"]["fix"]


def on_a_terminal(**environment):
    leader, follower = pty.openpty()
    process = subprocess.Popen([program("assay"), "doctor"], stdout=follower,
                               stderr=subprocess.DEVNULL, env=command_environment(environment))
    os.close(follower)
    text = b""
    try:
        while part := os.read(leader, 65536):
            text += part
    except OSError:  # the other side is gone: the end
        pass
    os.close(leader)
    process.wait(PATIENCE_S)
    return text


def test_colour_only_for_a_terminal_that_wants_it():
    assert b"\x1b[" in on_a_terminal()
    assert b"\x1b" not in on_a_terminal(NO_COLOR="1")


def explained(*arguments):
    ended = doctor("--json", "--explain", "python", *arguments)
    assert ended.returncode == 0
    return json.loads(ended.stdout)["steps"]


def test_explain_is_the_plan_itself(tmp_path):
    steps = explained()
    names = [step["step"] for step in steps]
    for first, second in (("namespaces", "map-ids"), ("mount-sources", "root"),
                          ("root", "mounts"), ("mounts", "pivot-root"),
                          ("pivot-root", "credentials"), ("credentials", "capabilities"),
                          ("capabilities", "exec"), ("exec", "lock-filter")):
        assert names.index(first) < names.index(second), (first, second)
    assert {"step": "mounts", "who": "inside", "what": "read-only /usr from /usr"} in steps
    # What changes in the policy changes in the plan.
    changed = explained("--policies", str(broken_policies(tmp_path)))
    assert [step for step in changed if step not in steps] == [
        {"step": "mounts", "who": "inside", "what": "read-only /more from /no/such/folder"}]


def test_explain_as_a_page():
    ended = doctor("--explain", "python")
    assert ended.returncode == 0
    assert ended.stdout.splitlines()[2].startswith("  1  keeper   cgroup")
    assert "/usr/bin/python3" in ended.stdout


@pytest.mark.parametrize("arguments, complaint", [
    (["--explain", "cobol"], "there is no policy 'cobol'"),
    (["--explain"], "requires an argument"),
    (["now"], "'now' is too much"),
    (["--cure"], "unrecognized option"),
])
def test_wrong_arguments(arguments, complaint):
    ended = doctor(*arguments)
    assert ended.returncode == 2 and ended.stdout == ""
    assert complaint in ended.stderr


def test_nothing_is_left(tmp_path):
    from support.host import Snapshot
    before = Snapshot()
    doctor()
    assert before.differences() == {}
