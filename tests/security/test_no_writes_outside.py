"""Promise: nothing can be written outside the work area, which is bounded and wiped."""


def test_no_folder_outside_is_writable(attack_to_the_end):
    attack_to_the_end("""
import os
own = ('/tmp', '/dev/shm', '/work', '/proc', os.getcwd())
for folder, folders, files in os.walk('/'):
    if folder.startswith(own) and folder != '/':
        folders[:] = []
        continue
    try:
        open(os.path.join(folder, 'assay-was-here'), 'w')
        print('ESCAPED', folder)
    except OSError:
        pass
""", cpu_ms=20000, wall_ms=40000)


def test_existing_files_are_not_changed(attack_to_the_end):
    attack_to_the_end("""
import os, sys
targets = [sys.executable, os.__file__, '/runtime', '/proc/1/oom_score_adj', '/proc/sys/kernel/core_pattern',
           '/proc/sysrq-trigger']
for path in targets:
    for attempt in (lambda: os.open(path, os.O_WRONLY), lambda: os.truncate(path, 0),
                    lambda: os.unlink(path), lambda: os.rename(path, path + '2'),
                    lambda: os.chmod(path, 0o777), lambda: os.utime(path)):
        try:
            attempt()
            print('ESCAPED', path)
        except OSError:
            pass
""")


def test_nothing_is_mounted_or_remounted(attack_to_the_end):
    attack_to_the_end("""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
MS_REMOUNT, MS_BIND = 32, 4096
for arguments in ((b'none', b'/', b'', MS_REMOUNT, b''), (b'none', b'/', b'', MS_REMOUNT | MS_BIND, b''),
                  (b'tmpfs', b'/tmp', b'tmpfs', 0, b''), (b'proc', b'/tmp', b'proc', 0, b''),
                  (b'/usr', b'/tmp', b'', MS_BIND, b'')):
    if libc.mount(*arguments) == 0: print('ESCAPED', arguments)
for target in (b'/', b'/usr', b'/proc', b'/tmp', b'/dev'):
    if libc.umount2(target, 2) == 0: print('ESCAPED umount', target)
for number in (428, 429, 430, 431, 432, 433, 442):  # open_tree .. mount_setattr
    if libc.syscall(number, 0, 0, 0, 0, 0) >= 0: print('ESCAPED', number)
""")


def test_no_devices_and_no_setuid_files(attack_to_the_end):
    attack_to_the_end("""
import os, stat
for kind in (stat.S_IFBLK, stat.S_IFCHR):
    try:
        os.mknod('/tmp/device', 0o666 | kind, os.makedev(1, 3))
        print('ESCAPED', kind)
    except OSError:
        pass
import shutil, subprocess, sys
flags = [line.split() for line in open('/proc/self/mountinfo')]
for fields in flags:
    options = fields[5].split(',')
    if 'nosuid' not in options: print('ESCAPED suid on', fields[4])
    if fields[4].startswith(('/tmp', '/dev/shm', '/usr', '/lib')) and 'nodev' not in options:
        print('ESCAPED devices on', fields[4])
    if 'rw' in options and not fields[4].startswith(('/tmp', '/dev', '/work', '/proc')):
        print('ESCAPED writable', fields[4])
""")


def test_the_work_area_is_bounded(attack):
    result = attack("""
import errno, os
written = 0
try:
    for i in range(4096):
        with open(f'/tmp/f{i}', 'wb') as f:
            f.write(b'x' * (1 << 20))
        written += 1
    print('ESCAPED', written)
except (OSError, MemoryError):
    print('bounded')
""", memory_bytes=256 << 20, wall_ms=20000)
    assert not result.passed or result.stdout == b"bounded\n"


def test_the_number_of_files_is_bounded(attack):
    attack("""
import os
try:
    for i in range(2_000_000):
        os.mknod(f'/tmp/f{i}')
    print('ESCAPED')
except OSError:
    print('bounded')
""", memory_bytes=256 << 20, cpu_ms=5000, wall_ms=20000)
