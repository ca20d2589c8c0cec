"""The privileged process keeps the capabilities that its requests need, and no way to get others."""
import os

import pytest

from support.wire import evaluate_add

# Numbers of linux/capability.h.
KEPT = {"dac_override": 1, "dac_read_search": 2, "kill": 5, "setgid": 6, "setuid": 7, "setpcap": 8,
        "sys_admin": 21, "sys_resource": 24}


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)


@pytest.mark.requires_root
def test_as_root(daemon, client):
    assert client.judge_one(evaluate_add()).passed
    status = status_of(daemon.keeper().pid)
    most = sum(1 << number for number in KEPT.values())
    for which in ("CapEff", "CapPrm", "CapBnd"):
        assert int(status[which], 16) & ~most == 0, which
    assert int(status["CapEff"], 16) & 1 << KEPT["sys_admin"]
    assert int(status["CapInh"], 16) == int(status["CapAmb"], 16) == 0


@pytest.mark.requires_root
def test_one_that_has_given_up_nothing_is_seen(daemon):
    """The supervisor, which started it, has what the keeper must not have."""
    status = status_of(daemon.pid)
    most = sum(1 << number for number in KEPT.values())
    assert int(status["CapEff"], 16) & ~most and int(status["CapBnd"], 16) & ~most
    assert status["NoNewPrivs"] == "0"


def test_it_can_get_no_more(daemon):
    assert status_of(daemon.keeper().pid)["NoNewPrivs"] == "1"


@pytest.mark.requires_root
def test_as_an_ordinary_user_it_has_none(own_daemon):
    daemon = own_daemon(user=61236, weaker="any")
    status = status_of(daemon.keeper().pid)
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    with daemon.connect() as client:
        assert client.judge_one(evaluate_add()).passed
    assert os.stat(f"/proc/{daemon.keeper().pid}").st_uid == 61236
