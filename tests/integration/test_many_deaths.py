"""A daemon gives up only when nothing gets ready between the deaths, not because there were many."""
import os
import signal

from support import host
from support.wire import evaluate_add

DEATHS = 8  # in less time than the supervisor looks back


def test_a_keeper_that_gets_ready_again_may_die_often(own_daemon):
    server = own_daemon()
    with server.connect() as client:
        for _ in range(DEATHS):
            keeper = client.status().keeper_pid
            os.kill(keeper, signal.SIGKILL)
            host.wait_until(lambda: client.status().keeper_pid not in (0, keeper), "a new keeper")
            host.wait_until(lambda: all(slot.state == "idle" for slot in client.status().slots),
                            "all slots idle")
            assert client.judge_one(evaluate_add()).passed
    assert server.process.poll() is None
