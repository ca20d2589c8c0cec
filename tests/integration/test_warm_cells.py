"""A slot keeps warm cells of several kinds, so that mixed work does not rebuild them each time."""
from support import host
from support.wire import evaluate, evaluate_add, pb, verdict_name

HELLO = '#include <unistd.h>\nint main(void) { write(1, "hello\\n", 6); return 0; }\n'


def hello(client):
    request = evaluate(HELLO, language="c")
    request.stdio.cases.add(stdin=b"", stdout=b"hello\n")
    return client.judge_one(request)


def counters(client):
    return {counter.name: counter.value for counter in client.status().counters}


def test_mixed_work_builds_each_cell_once(own_daemon):
    with own_daemon(slots=1).connect() as client:
        for _ in range(4):
            assert verdict_name(client.judge_one(evaluate_add())) == "PASSED"
            assert verdict_name(hello(client)) == "PASSED"
        # Python's two, and that of C.
        assert counters(client)["cells_started"] == client.status().slots[0].cells == 3


def test_what_nothing_needs_is_ended(own_daemon):
    """But for the first cell; and it comes back when it is needed."""
    server = own_daemon("--cell-idle-ms", "400", slots=1)
    with server.connect() as client:
        first = client.status().slots[0].cell_pid
        assert verdict_name(client.judge_one(evaluate_add())) == "PASSED"
        assert verdict_name(hello(client)) == "PASSED"
        host.wait_until(lambda: counters(client)["cells_retired"] == 2, "two are ended")
        slot, = client.status().slots
        assert slot.cell_pid == first and slot.state == "idle" and host.is_alive(first)
        assert verdict_name(hello(client)) == "PASSED"
        assert verdict_name(client.judge_one(evaluate_add())) == "PASSED"


def test_no_room_for_more_than_is_needed(own_daemon):
    """What a job needs is there all the same: a candidate's cell and an examiner's."""
    apart = evaluate_add(integrity=pb.INTEGRITY_WISH_SPLIT)
    with own_daemon("--slot-cell-bytes", "0", slots=1).connect() as client:
        for _ in range(2):
            assert verdict_name(client.judge_one(apart)) == "PASSED"
            assert verdict_name(hello(client)) == "PASSED"
        assert counters(client)["cells_retired"] >= 2
