"""What a daemon has on the host: processes, mounts, cgroups, descriptors, memory, files."""
import glob
import os
import time

from support.patience import PATIENCE_S

FIRST_CELL_USER, CELLS_MAX = 1900000001, 768  # as --uid-base has it


class Process:
    """A line of /proc at one moment."""

    def __init__(self, pid, parent, name, state):
        self.pid, self.parent, self.name, self.state = pid, parent, name, state

    def __repr__(self):
        return f"{self.name}({self.pid}, {self.state})"


def all_processes():
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as stat:
                text = stat.read()
        except OSError:
            continue  # it has just ended
        name = text[text.index("(") + 1:text.rindex(")")]
        state, parent = text[text.rindex(")") + 2:].split()[:2]
        found[int(entry)] = Process(int(entry), int(parent), name, state)
    return found


def descendants(pid):
    """All processes below `pid`, it included; those inside cells too."""
    processes = all_processes()
    wanted, order = {pid}, [pid]
    for current in order:
        for process in processes.values():
            if process.parent == current and process.pid not in wanted:
                wanted.add(process.pid)
                order.append(process.pid)
    return [processes[number] for number in order if number in processes]


def have_waiting_children(cells):
    """Whether in each of the cells the process of the next run is there, and nobody else."""
    parents = [process.parent for process in all_processes().values()]
    return all(parents.count(cell) == 1 for cell in cells)


def have_nothing_running(keeper):
    """Whether below each of the keeper's cells the process of the next run is there, and nobody else."""
    below = descendants(keeper)
    parents = [process.parent for process in below]
    cells = [process.pid for process in below if process.parent == keeper]
    return len(parents) == 1 + 2 * len(cells) and all(parents.count(cell) == 1 for cell in cells)


def find(pid, name):
    """The descendants of `pid` called `name` (cut at 15 bytes, as the kernel does)."""
    return [process for process in descendants(pid) if process.name == name[:15]]


def mounts():
    with open("/proc/self/mountinfo", encoding="utf-8") as table:
        return sorted(line.split(" - ")[0].split()[4] for line in table)


def cgroups():
    """Folders of ours in every hierarchy."""
    return sorted(glob.glob("/sys/fs/cgroup/**/*assay*", recursive=True))


def cgroup_memory_bytes(pid):
    """Memory charged to each of the cells of the daemon `pid`, now; empty without such cgroups."""
    found = []
    for folder in cgroups():
        if str(pid) not in os.path.basename(folder):
            continue
        for name in ("memory.usage_in_bytes", "memory.current"):
            for path in glob.glob(f"{folder}/*/{name}"):
                with open(path, encoding="ascii") as usage:
                    found.append(int(usage.read()))
    return found


def descriptors(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


def private_kib(pid):
    """Memory that belongs to this process alone."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as rollup:
            return sum(int(line.split()[1]) for line in rollup
                       if line.startswith(("Private_Clean", "Private_Dirty")))
    except OSError:
        return 0


def proportional_kib(pid):
    """Memory without a file behind it; what n processes share counts to each as an nth."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as rollup:
            return sum(int(line.split()[1]) for line in rollup if line.startswith("Pss_Anon:"))
    except OSError:
        return 0


def files_of_ours():
    """Temporary files that a daemon could have left behind."""
    return sorted(path for folder in ("/tmp", "/dev/shm", "/run", "/var/tmp")
                  for path in glob.glob(f"{folder}/*assay*"))


def of_cells():
    """Files in folders that everybody may write, and System V objects, that belong to users whom
    only cells have (root gives each its own)."""
    found = []
    for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run"):
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    user = entry.stat(follow_symlinks=False).st_uid
                except FileNotFoundError:
                    continue  # it was somebody else's and has just gone
                if FIRST_CELL_USER <= user < FIRST_CELL_USER + CELLS_MAX:
                    found.append(entry.path)
    for kind in ("shm", "msg", "sem"):
        with open(f"/proc/sysvipc/{kind}", encoding="ascii") as table:
            column = next(table).split().index("uid")
            found += [line for line in table
                      if FIRST_CELL_USER <= int(line.split()[column]) < FIRST_CELL_USER + CELLS_MAX]
    return found


def is_alive(pid):
    process = all_processes().get(pid)
    return process is not None and process.state != "Z"


def wait_until(condition, what, patience_s=PATIENCE_S):
    """Waits for something outside that gives no event to wait on. Looks again without a fixed
    delay: the pause grows from a fraction of a millisecond."""
    deadline = time.monotonic() + patience_s
    pause = 0.0005
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {patience_s} s: {what}")
        time.sleep(pause)
        pause = min(pause * 2, 0.05)


def is_anothers(path):
    """Whether a name ends with the pid of a daemon that runs now, beside the one that was tested."""
    number = path.rpartition(".")[2]
    return number.isdigit() and is_alive(int(number))


class Snapshot:
    """What must be the same after a daemon has come and gone; others may run beside it."""

    def __init__(self):
        self.mounts, self.cgroups, self.files = mounts(), cgroups(), files_of_ours()

    def differences(self):
        now = Snapshot()
        added = {name: sorted(path for path in set(getattr(now, name)) - set(getattr(self, name))
                              if not is_anothers(path)) for name in ("mounts", "cgroups", "files")}
        return {name: paths for name, paths in added.items() if paths}
