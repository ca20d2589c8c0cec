"""Promise: no socket but a Unix one can be made, and no interface leads anywhere."""
import os
import socket

import pytest

FAMILIES = sorted({int(getattr(socket, name)) for name in dir(socket) if name.startswith("AF_")}
                  | set(range(46)))


def test_every_other_family_is_refused(attack_to_the_end):
    attack_to_the_end(f"""
import socket
for family in {FAMILIES}:
    if family == socket.AF_UNIX: continue
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        try:
            socket.socket(family, kind, 0)
            print('ESCAPED family', family, kind)
        except OSError:
            pass
""")


def test_socketpair_is_unix_only(attack_to_the_end):
    attack_to_the_end("""
import socket
socket.socketpair()
for family in (socket.AF_INET, socket.AF_INET6, 30, 40):
    try:
        socket.socketpair(family)
        print('ESCAPED', family)
    except OSError:
        pass
""")


def test_families_hidden_in_high_bits(attack_to_the_end):
    """The kernel looks at 32 bits of the family; a filter must not look at fewer or be fooled."""
    attack_to_the_end("""
import ctypes
syscall = ctypes.CDLL(None).syscall
for family in (2, 10, 16, 17, 38, 40):
    for high in (1 << 32, 1 << 63, 0xffffffff00000000):
        fd = syscall(ctypes.c_long(41), ctypes.c_ulong(high | family), ctypes.c_long(1), 0)
        if fd >= 0: print('ESCAPED', family, hex(high))
""")


@pytest.fixture
def listener():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.setblocking(False)
        yield server


def test_a_listener_of_the_host_is_not_reached(attack_to_the_end, listener):
    attack_to_the_end(f"""
import socket
try:
    socket.create_connection(('127.0.0.1', {listener.getsockname()[1]}), 1)
    print('ESCAPED')
except OSError:
    pass
""")
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_an_abstract_socket_of_the_host_is_not_reached(attack_to_the_end):
    with socket.socket(socket.AF_UNIX) as server:
        name = f"assay-test-abstract-{os.getpid()}"
        server.bind("\0" + name)
        server.listen()
        attack_to_the_end(f"""
import socket
try:
    socket.socket(socket.AF_UNIX).connect('\\0{name}')
    print('ESCAPED')
except OSError:
    pass
""")


def test_no_interfaces_with_addresses(attack_to_the_end):
    attack_to_the_end("""
try:
    for line in open('/proc/net/dev').read().splitlines()[2:]:
        if not line.strip().startswith('lo:'): print('ESCAPED', line)
except OSError:
    pass
""")
