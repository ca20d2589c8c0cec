"""The next candidate in the same cell finds nothing of the one before.

Each test runs with one slot, so that both candidates are served by the same cell (its number of
runs shows it) or by a new one.
"""
import ast
import os

import pytest

from support.wire import evaluate_program, pb


@pytest.fixture(scope="module")
def single(request):
    from support.daemon import Daemon
    server = Daemon(slots=1)
    request.addfinalizer(server.stop)
    return server


@pytest.fixture
def client(single):
    with single.connect() as connection:
        yield connection


# name, what the first leaves behind, what the second finds: must print nothing but "clean"
REMAINS = [
    ("a file in /tmp", "open('/tmp/left', 'w').write('x')",
     "import os\nprint(os.listdir('/tmp') or 'clean')"),
    ("a deep tree in /tmp",
     "import os\nos.chdir('/tmp')\nfor _ in range(300):\n    os.mkdir('d')\n    os.chdir('d')",
     "import os\nprint(os.listdir('/tmp') or 'clean')"),
    ("many files in /tmp",
     "for i in range(3000):\n    open(f'/tmp/f{i}', 'w').close()",
     "import os\nprint(os.listdir('/tmp') or 'clean')"),
    ("unreadable folders",
     "import os\nos.makedirs('/tmp/a/b')\nopen('/tmp/a/b/c', 'w').close()\n"
     "os.chmod('/tmp/a/b', 0)\nos.chmod('/tmp/a', 0)",
     "import os\nprint(os.listdir('/tmp') or 'clean')"),
    ("links, pipes and sockets",
     "import os, socket\nos.symlink('/', '/tmp/root')\nos.mkfifo('/tmp/fifo')\n"
     "s = socket.socket(socket.AF_UNIX)\ns.bind('/tmp/socket')",
     "import os\nprint(os.listdir('/tmp') or 'clean')"),
    ("a file in /dev/shm", "open('/dev/shm/left', 'w').write('x')",
     "import os\nprint(os.listdir('/dev/shm') or 'clean')"),
    ("the working directory", "open('left.txt', 'w').write('x')",
     "import os\nprint([n for n in os.listdir('.') if n == 'left.txt'] or 'clean')"),
    ("a daemon by double fork",
     "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
     "        time.sleep(600)\n    os._exit(0)\nos.wait()",
     "import os\npids = [p for p in os.listdir('/proc') if p.isdigit()]\n"
     "print('clean' if set(pids) <= {'1', str(os.getpid())} else pids)"),
    ("a child that ignores every signal",
     "import os, signal, time\nif os.fork() == 0:\n    for n in range(1, 65):\n"
     "        try: signal.signal(n, signal.SIG_IGN)\n        except (OSError, ValueError): pass\n"
     "    time.sleep(600)",
     "import os\npids = [p for p in os.listdir('/proc') if p.isdigit()]\n"
     "print('clean' if set(pids) <= {'1', str(os.getpid())} else pids)"),
    ("a stopped child",
     "import os, signal\nif os.fork() == 0:\n    os.kill(os.getpid(), signal.SIGSTOP)",
     "import os\npids = [p for p in os.listdir('/proc') if p.isdigit()]\n"
     "print('clean' if set(pids) <= {'1', str(os.getpid())} else pids)"),
    ("System V shared memory",
     "import ctypes\nlibc = ctypes.CDLL(None)\nlibc.shmget(77, 4096, 0o1666)\n"
     "libc.semget(77, 1, 0o1666)\nlibc.msgget(77, 0o1666)",
     "import ctypes\nlibc = ctypes.CDLL(None)\n"
     "found = [libc.shmget(77, 4096, 0), libc.semget(77, 1, 0), libc.msgget(77, 0)]\n"
     "print('clean' if found == [-1, -1, -1] else found)"),
    ("a POSIX message queue",
     "import ctypes\nctypes.CDLL('librt.so.1').mq_open(b'/left', 0o102, 0o666, None)",
     "import ctypes\nfd = ctypes.CDLL('librt.so.1').mq_open(b'/left', 0)\n"
     "print('clean' if fd == -1 else fd)"),
    ("an abstract socket",
     "import os, socket, time\ns = socket.socket(socket.AF_UNIX)\ns.bind('\\0left')\ns.listen()\n"
     "if os.fork() == 0: time.sleep(600)",
     "import socket\ntry:\n    socket.socket(socket.AF_UNIX).connect('\\0left')\n    print('found')\n"
     "except OSError:\n    print('clean')"),
    ("a key in a keyring",
     "import ctypes\nctypes.CDLL(None).syscall(248, b'user', b'left', b'x', 1, -4)",
     "import ctypes\nkey = ctypes.CDLL(None).syscall(249, b'user', b'left', None, 0)\n"
     "print('clean' if key == -1 else key)"),
    ("names in builtins", "import builtins\nbuiltins.left = 1\nbuiltins.sum = None",
     "import builtins\nprint('clean' if not hasattr(builtins, 'left') and sum([1]) == 1 else 'x')"),
    ("modules", "import sys, json\nsys.modules['left'] = json\njson.dumps = None",
     "import sys, json\nprint('clean' if 'left' not in sys.modules and json.dumps(1) else 'x')"),
    ("the environment", "import os\nos.environ['LEFT'] = '1'\nos.putenv('LEFT', '1')",
     "import os\nprint('clean' if 'LEFT' not in os.environ else 'x')"),
    ("lower limits", "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (4, 4))\n"
     "import os\nos.nice(19)",
     "import os\nfds = [os.open('/dev/null', 0) for _ in range(8)]\n"
     f"print('clean' if os.nice(0) == {os.nice(0)} else os.nice(0))"),
    ("a umask and a working directory", "import os\nos.umask(0o777)\nos.chdir('/')",
     "import os\nprint('clean' if os.umask(0) != 0o777 and os.getcwd() != '/' else os.getcwd())"),
    ("the cpu it may run on",
     "import os\nos.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[0]})",
     "import os\nprint('clean' if len(os.sched_getaffinity(0)) == min(2, os.cpu_count()) or "
     "os.cpu_count() == 1 else os.sched_getaffinity(0))"),
]


@pytest.mark.parametrize("leave, find", [case[1:] for case in REMAINS],
                         ids=[case[0] for case in REMAINS])
def test_nothing_remains(client, leave, find):
    left = client.judge_one(evaluate_program(leave, cpu_ms=5000))
    assert left.verdict in (pb.PASSED, pb.ERROR), left  # ERROR: the box refused the attempt
    found = client.judge_one(evaluate_program(find))
    assert found.passed and found.stdout == b"clean\n", (found.stdout, found.feedback)


def test_most_of_these_stay_in_one_cell(client):
    """The cell is proven clean and kept, not thrown away after every run."""
    before = client.status().slots[0]
    for _ in range(20):
        assert client.judge_one(evaluate_program("open('/tmp/x', 'w').write('y')")).passed
    after = client.status().slots[0]
    # Each is two runs: a pass in the candidate's own process has a control.
    assert after.cells == before.cells and after.runs == before.runs + 2 * 20


def test_process_ids_do_not_tell_about_other_cells(client):
    """The cell's processes and nothing else: /proc shows pid 1 and the candidate."""
    result = client.judge_one(evaluate_program(
        "import os\nprint(sorted(int(p) for p in os.listdir('/proc') if p.isdigit()))\n"
        "print(os.getpid())"))
    pids, own = (ast.literal_eval(line.decode()) for line in result.stdout.splitlines())
    assert set(pids) <= {1, own}


def test_hash_seeds_are_the_same_for_every_run(client):
    """Same request, same verdict: sets of text have one order."""
    code = "print(hash('assay'), list({'a', 'b', 'c', 'd', 'e'}))\n"
    assert len({client.judge_one(evaluate_program(code)).stdout for _ in range(5)}) == 1


def test_random_numbers_differ_from_run_to_run(client):
    """A fork must not hand the same random state to every candidate."""
    code = "import random, os\nprint(random.random(), os.urandom(4).hex())\n"
    assert len({client.judge_one(evaluate_program(code)).stdout for _ in range(5)}) == 5
