"""Promise: environment, arguments, working directory and memory hold nothing of the host or of
other requests."""
import os


def test_no_variable_of_the_host(own_daemon):
    from support.wire import evaluate_program
    os.environ["ASSAY_TEST_SECRET"] = "a secret in the environment"
    try:
        server = own_daemon()
    finally:
        del os.environ["ASSAY_TEST_SECRET"]
    with server.connect() as client:
        result = client.judge_one(evaluate_program("""
import os
print(dict(os.environ))
for name in ('environ', 'cmdline'):
    try:
        print(open(f'/proc/self/{name}', 'rb').read())
    except OSError:
        print('unreadable')
print(os.getcwd())
"""))
    assert result.passed
    text = result.stdout.decode()
    assert "secret" not in text.lower()
    for name in ("HOME=/root", "SSH_", "SUDO_", "PYTEST", "ASSAY_BUILD"):
        assert name not in text
    assert server.path not in text


def test_names_of_the_host_are_hidden(attack):
    result = attack("import os\nprint(os.uname().nodename)\n")
    assert result.stdout.decode().strip() != os.uname().nodename


def test_cgroups_of_the_host_are_hidden(attack_to_the_end):
    attack_to_the_end("""
for line in open('/proc/self/cgroup'):
    if not line.rstrip().endswith(':/'): print('ESCAPED', line)
""")


def test_ids_of_the_host_are_hidden(attack_to_the_end):
    """One user and one group exist, by numbers that are the same in every cell."""
    attack_to_the_end("""
import os
for name, own in (('uid', os.getuid()), ('gid', os.getgid())):
    inside, _, count = map(int, open(f'/proc/self/{name}_map').read().split())
    if (own, inside, count) != (1000, 1000, 1): print('ESCAPED', name, own, inside, count)
""")


def test_memory_holds_no_other_candidate(client, attack_to_the_end):
    """The zygote never reads a job, so no later child can find one in its memory. The attacker
    knows the first half of a text and looks what stands behind it."""
    from support.wire import evaluate_program
    known, secret = "needle-7d1c-", "in-another-candidate"
    for _ in range(4):
        assert client.judge_one(evaluate_program(f"x = {known + secret!r}")).passed
    attack_to_the_end(f"""
import re
known, turned = {known!r}.encode(), {secret[::-1]!r}.encode()
try:
    areas = [line.split() for line in open('/proc/self/maps')]
    memory = open('/proc/self/mem', 'rb', 0)
except OSError:
    areas = []  # not dumpable: not even its own memory can be read in this way
for area in areas:
    if not area[1].startswith('r'): continue
    begin, end = (int(text, 16) for text in area[0].split('-'))
    try:
        memory.seek(begin)
        data = memory.read(end - begin)
    except (OSError, OverflowError, ValueError):
        continue
    for match in re.finditer(known, data):
        if data[match.end():match.end() + len(turned)][::-1] == turned: print('ESCAPED')
""")


def test_no_host_paths_in_what_a_candidate_sees(attack):
    from support.daemon import BUILD
    result = attack("""
import sys, traceback
print(sys.path, sys.argv, sys.flags)
for frame in traceback.extract_stack(): print(frame.filename)
""")
    assert BUILD not in result.stdout.decode()
