"""Promise: no file of the host is visible but the read-only parts that the policy lists."""
import os
import tempfile

SECRET = "a secret of the host"


def test_well_known_places_are_absent(attack_to_the_end):
    attack_to_the_end("""
import os
for path in ('/etc/passwd', '/etc/shadow', '/etc/hostname', '/etc/ssh', '/root', '/home', '/var',
             '/run', '/sys', '/boot', '/mnt', '/srv', '/opt', '/media', '/dev/sda', '/dev/mem',
             '/dev/kmsg', '/dev/ptmx', '/dev/tty', '/dev/fuse', '/dev/kvm', '/dev/net/tun'):
    try:
        os.stat(path)
    except OSError:
        continue
    try:
        if os.path.isdir(path) and not os.listdir(path): continue
    except OSError:
        continue
    print('ESCAPED', path)
""")


def test_a_file_of_the_host_is_not_found(attack_to_the_end):
    with tempfile.NamedTemporaryFile("w", prefix="at-secret-") as secret:
        secret.write(SECRET)
        secret.flush()
        os.chmod(secret.name, 0o644)
        attack_to_the_end(f"""
import os
for path in ({secret.name!r}, '/proc/1/root' + {secret.name!r}, '/proc/self/root' + {secret.name!r},
             '/../..' + {secret.name!r}, '/proc/self/cwd/../../../..' + {secret.name!r}):
    try:
        print('ESCAPED', open(path).read())
    except OSError:
        pass
""")


def test_a_walk_over_everything_finds_no_secret(attack_to_the_end):
    """Names only: nothing from outside the runtime, the libraries, /proc, /dev, /tmp."""
    attack_to_the_end("""
import os
allowed = {'usr', 'lib', 'lib64', 'lib32', 'libx32', 'bin', 'sbin', 'proc', 'dev', 'tmp', 'etc',
           'runtime', 'work'}
for name in os.listdir('/'):
    if name not in allowed and not os.path.islink('/' + name):
        print('ESCAPED', name)
for folder, folders, files in os.walk('/etc'):
    for name in files:
        if name in ('passwd', 'shadow', 'group', 'hosts', 'resolv.conf', 'machine-id', 'fstab'):
            print('ESCAPED', folder, name)
""")


def test_mounts_tell_nothing_of_the_host(attack):
    result = attack("""
text = open('/proc/self/mountinfo').read()
print(text)
""")
    for line in result.stdout.decode().splitlines():
        fields = line.split()
        if len(fields) > 5:
            assert not fields[4].startswith("/old"), line


def test_the_host_root_cannot_be_reached_by_leaving_the_root(attack_to_the_end):
    attack_to_the_end("""
import os
for attempt in (lambda: os.chroot('/tmp'), lambda: os.chroot('.'), lambda: os.fchdir(3)):
    try:
        attempt()
        print('ESCAPED')
    except OSError:
        pass
os.chdir('/')
for _ in range(50): os.chdir('..')
if os.path.exists('etc/passwd') or os.path.exists('root'): print('ESCAPED', os.listdir('.'))
""")


def test_files_are_not_opened_by_handle(attack_to_the_end):
    """open_by_handle_at(2) knows no root; it needs a capability and is refused by the filter."""
    attack_to_the_end("""
import ctypes, os
syscall = ctypes.CDLL(None, use_errno=True).syscall
handle = (ctypes.c_uint * 34)(8, 1, 2, 0)
fd = syscall(304, os.open('/', os.O_RDONLY), ctypes.byref(handle), os.O_RDONLY)
if fd >= 0: print('ESCAPED', os.listdir(fd))
""")


def test_nothing_is_named_after_the_daemon(attack_to_the_end):
    attack_to_the_end("""
import os
for folder in ('/', '/tmp', '/dev', '/dev/shm'):
    for name in os.listdir(folder):
        if 'assay' in name: print('ESCAPED', folder, name)
""")
