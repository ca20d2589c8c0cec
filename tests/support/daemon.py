"""A private assayd for tests: started on a socket of its own, ended with the test."""
import os
import select
import signal
import subprocess
import tempfile

from support import cgroup, host, left_out
from support.patience import FACTOR, PATIENCE_S
from support.wire import Client

# Layers that this machine need not give, separated by commas. An ordinary user has no cgroups and no
# further uids, unless they were delegated.
WEAKER = os.environ.get("ASSAY_TEST_ALLOW_WEAKER", "" if os.geteuid() == 0 else "any")
SCARCE = "host-uid-per-slot,cgroup-memory,cgroup-pids,cgroup-cpu"  # what only root gets for sure
BUILD = os.path.abspath(os.environ.get("ASSAY_BUILD", "build"))
STILL_LOOKS = 8  # the pauses between them grow to a tenth of a second


def program(name):
    return os.path.join(BUILD, name)


def command_environment(extra=None):
    """The environment without addresses of daemons that happen to run here."""
    kept = {name: value for name, value in os.environ.items()
            if name not in ("ASSAY_ADDR", "XDG_RUNTIME_DIR")}
    return {**kept, **(extra or {})}


def patient_options():
    """On a slow machine the daemon has to be patient, too: cells get ready and end later there."""
    return ["--start-patience-ms", str(int(20000 * FACTOR)),
            "--kill-patience-ms", str(int(2000 * FACTOR))] if FACTOR != 1 else []


def weaker_options(layers):
    return [part for layer in layers.split(",") if layer for part in ("--allow-weaker", layer)]


def wait_idle(client):
    """Until every cell of the client's daemon waits for work, with the process of its next run."""
    def is_idle():
        slots = client.status().slots
        pids = [pid for slot in slots for pid in (slot.cell_pid, slot.examiner_pid) if pid]
        return all(slot.state == "idle" for slot in slots) and host.have_waiting_children(pids)
    host.wait_until(is_idle, "all slots idle")


class Daemon:
    """Runs until stop(). The write end of the lifeline is ours: if the tests die, it ends too.
    `user`: a uid to run as (for root). `weaker`: layers that it may go without. `leave_out`: layers
    that its policies leave out."""

    def __init__(self, *options, slots=2, wait=True, user=None, weaker=WEAKER,
                 leave_out=tuple(left_out.LEFT_OUT)):
        # Short: a socket's path has at most 107 bytes. Readable by the broker's own uid.
        self.folder = tempfile.mkdtemp(prefix="at-")
        os.chmod(self.folder, 0o755)
        self.path = os.path.join(self.folder, "s")
        self.log_path = os.path.join(self.folder, "log")
        if user is not None:
            os.chown(self.folder, user, user)
        self.policies = left_out.Policies(leave_out) if leave_out or FACTOR != 1 else None
        if leave_out:
            weaker = SCARCE if weaker == "any" else weaker
        if self.policies is not None:
            options = (*self.policies.options(), *options)
        identity = {} if user is None else {"user": user, "group": user, "extra_groups": []}
        self.cgroup = cgroup.make() if user is None else ""  # another user has none delegated
        lifeline_read, self.lifeline = os.pipe()
        self.ready, ready_write = os.pipe()
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                cgroup.enter(self.cgroup, [
                    program("assayd"), "--socket", self.path, "--slots", str(slots),
                    "--lifeline-fd", str(lifeline_read), "--ready-fd", str(ready_write),
                    *patient_options(), *weaker_options(weaker), *options]),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=(lifeline_read, ready_write), **identity)
        os.close(lifeline_read)
        os.close(ready_write)
        if wait:
            self.wait_ready()

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def wait_ready(self):
        readable, _, _ = select.select([self.ready], [], [], PATIENCE_S)
        text = os.read(self.ready, 64) if readable else b""
        if text != b"READY\n":
            self.process.kill()
            self.process.wait()
            log = self.log()
            self._remove_files()
            raise AssertionError(f"assayd did not become ready ({text!r}); its log:\n{log}")

    def connect(self, **options):
        return Client(self.path, **options)

    def broker(self):
        return host.wait_until(lambda: host.find(self.pid, "assay-broker"), "a broker")[0]

    def keeper(self):
        return host.wait_until(lambda: host.find(self.pid, "assay-keeper"), "a keeper")[0]

    def cells(self):
        """Host pids of the cells' first processes, as the daemon tells them."""
        with self.connect() as client:
            return [slot.cell_pid for slot in client.status().slots if slot.cell_pid]

    def wait_idle(self):
        """Until every slot has a cell that waits for work."""
        with self.connect() as client:
            wait_idle(client)

    def wait_still(self):
        """Until nothing that a run had needed is on its way out any more."""
        seen = []

        def is_still():
            seen.append([(process.pid, host.descriptors(process.pid)) for process in self.processes()])
            return len(seen) >= STILL_LOOKS and all(one == seen[-1] for one in seen[-STILL_LOOKS:])
        host.wait_until(is_still, "no process and no descriptor comes or goes")

    def processes(self):
        return host.descendants(self.pid)

    def stop(self, patience_s=PATIENCE_S):
        """Ends it in the way the command line does, by closing the lifeline; its exit status."""
        if self.lifeline >= 0:
            os.close(self.lifeline)
            self.lifeline = -1
        try:
            return self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            raise AssertionError(f"assayd did not end; its log:\n{self.log()}") from None
        finally:
            self._remove_files()

    def _remove_files(self):
        os.close(self.ready)
        for name in ("s", "log"):
            if os.path.exists(os.path.join(self.folder, name)):
                os.unlink(os.path.join(self.folder, name))
        os.rmdir(self.folder)
        if self.policies is not None:
            self.policies.remove()
        cgroup.remove(self.cgroup)
