"""Tasks that are long and sent again and again travel once."""
import assay
from support.patience import PATIENCE_S
from support.wire import pb

LONG = "# " + "x" * 20000 + "\n"
CODE = "def add(a, b):\n    return a + b\n"


def task_of(number=0, comment=LONG):
    return assay.Task(assay.Tests.check(f"{comment}def check(f):\n    assert f({number}, 2) == {number + 2}\n"),
                      entry_point="add", cache=False)


def ask(path, task, times):
    with assay.Client(path) as client:
        return [client.evaluate(task, CODE, timeout=PATIENCE_S) for _ in range(times)]


def counting(asked, forgets=lambda message: False):
    """A server that keeps what it is told to, and the bytes of each message."""
    def script(conversation):
        conversation.greet()
        while True:
            message = conversation.receive()
            asked.append((message.WhichOneof("body"), message.ByteSize(), message))
            if message.HasField("put_blob"):
                continue
            if message.evaluate.task_sha256 and forgets(message):
                conversation.send_error(message.request_id, pb.UNKNOWN_BLOB, field="evaluate")
            else:
                conversation.pass_all(message)
    return script


def test_bytes_on_the_wire(fake_server):
    long, short = [], []
    assert all(result.passed for result in ask(fake_server(counting(long)).path, task_of(), 10))
    assert [kind for kind, _, _ in long] == ["evaluate", "put_blob"] + ["evaluate"] * 9
    before = 10 * long[0][1]
    now = sum(size for _, size, _ in long)
    print(f"{before} bytes before, {now} now")
    assert now < 0.25 * before
    ask(fake_server(counting(short)).path, task_of(comment=""), 3)
    assert [kind for kind, _, _ in short] == ["evaluate"] * 3


def test_what_is_forgotten_is_sent_whole(fake_server):
    asked = []
    results = ask(fake_server(counting(asked, forgets=lambda message: True)).path, task_of(), 4)
    assert all(result.passed for result in results)
    whole = [bool(message.evaluate.check.source) for kind, _, message in asked if kind == "evaluate"]
    assert whole == [True, False, True, True, True]  # and not tried again


def test_with_a_daemon(own_daemon):
    """Kept, alike for the verdict, and forgotten by a daemon that was restarted or keeps nothing."""
    for options in ((), ("--blob-bytes", "0")):
        server = own_daemon(*options)
        with assay.Client(server.path) as client:
            tasks = [task_of(number) for number in range(3)] * 4
            results = [client.evaluate(task, CODE, timeout=PATIENCE_S) for task in tasks]
            assert all(result.passed and result.tests_total == 1 for result in results)
            wrong = client.evaluate(tasks[0], CODE.replace("+", "-"), timeout=PATIENCE_S)
            assert not wrong.passed and "add(0, 2)" in wrong.feedback()
        with server.connect() as observer:
            counters = {each.name: each.value for each in observer.status().counters}
        assert counters["blobs"] == (0 if options else 3)
        server.stop()
