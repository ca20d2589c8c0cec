"""Many short evaluations mixed with attacks, on one daemon: nothing grows, no cell is lost for good,
every honest solution passes and no attack does.

Usage: soak.py, with N=evaluations (default 100000) and ASSAY_BUILD; `make soak` calls it. Several
clients ask at the same time, cancel some of what they asked, and drop their connections with work in
flight. After each of the rounds everything rests for a moment and is measured. The end of the output
is a table; the exit status is 1 if something grew after the first quarter, which is for warming up,
or an answer was wrong. All samples go to $ASSAY_BUILD/soak/samples.jsonl.
"""
import collections
import json
import os
import random
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from growth import grows, growth  # noqa: E402
from mix import EXCUSED, Mix  # noqa: E402
from support import escapes, host  # noqa: E402
from support.daemon import BUILD, Daemon  # noqa: E402
from support.wire import Closed, evaluate_add, verdict_name  # noqa: E402

EVALUATIONS = int(os.environ.get("N", "100000"))
ROUNDS = max(4, min(40, EVALUATIONS // 250))
CLIENTS = 5
IN_FLIGHT = 4  # requests of one client
CANCELLED_PART = 0.03
DROPPED_PART = 0.01
ANSWER_PATIENCE_S = 300
IDLE_PATIENCE_S = 120
# An honest evaluation may be excused by a busy machine; more than this part is a fault of ours.
EXCUSED_PART_MAX = 0.002

# What is measured: (growth that is tolerated as a part, as a number). None: told, not judged.
LIMITS = {
    "broker, KiB": (0.05, 512), "keeper, KiB": (0.05, 256), "supervisor, KiB": (0.05, 256),
    "a Python cell, KiB": (0.10, 2048), "charged to a cell, KiB": (0.15, 8192),
    "broker, descriptors": (0, 0.5), "keeper, descriptors": (0, 0.5),
    "supervisor, descriptors": (0, 0.5), "processes": (0, 0.5), "zombies": (0, 0.5),
    "cgroups": (0, 0.5), "mounts": (0, 0.5), "evaluations/s": None,
}


class Tally:
    """What all clients have seen."""

    def __init__(self):
        self.lock = threading.Lock()
        self.faults, self.verdicts = [], collections.Counter()
        self.n_answered = self.n_excused = self.n_cancelled = self.n_dropped = 0

    def take(self, ask, results):
        with self.lock:
            self.faults += ask.faults(results)
            self.n_answered += len(results)
            for result in results:
                name = verdict_name(result)
                self.verdicts[name] += 1
                self.n_excused += name in EXCUSED and ask.passes[result.candidate_index]


class Worker(threading.Thread):
    """A client during one round."""

    def __init__(self, server, mix, tally, seed, until):
        super().__init__()
        self.server, self.mix, self.tally, self.until = server, mix, tally, until
        self.chance = random.Random(seed)
        self.client = server.connect()
        self.waiting = []
        self.error = None

    def run(self):
        try:
            while self.tally.n_answered < self.until:
                for asks in self.mix.draw(self.chance):
                    self.send(asks)
            while self.waiting:
                self.take_one()
            self.client.close()
        except (OSError, Closed, AssertionError) as error:  # of this thread; told by the main one
            self.error = repr(error)

    def send(self, asks):
        for ask in asks:
            number = self.client.submit(ask.request)
            self.waiting.append((number, ask))
            if self.chance.random() < CANCELLED_PART:
                self.client.cancel(number)
                self.tally.n_cancelled += 1
        if self.chance.random() < DROPPED_PART:
            self.drop()
        while len(self.waiting) > IN_FLIGHT:
            self.take_one()

    def drop(self):
        """Everything in flight is cancelled, with half a message of something else behind it."""
        self.client.send_raw(b"\0\0\1\0half")
        self.client.close()
        self.client = self.server.connect()
        self.waiting.clear()
        self.tally.n_dropped += 1

    def take_one(self):
        number, ask = self.waiting.pop(0)
        answer = self.client.collect(number, ANSWER_PATIENCE_S)
        if answer.error is not None:
            raise AssertionError(f"{ask.name}: {answer.error}")
        if len(answer.results) != len(ask.passes):
            raise AssertionError(f"{ask.name}: {len(answer.results)} results")
        self.tally.take(ask, answer.results)


def mean(values):
    values = list(values)
    return round(sum(values) / len(values)) if values else 0


def wait_idle(server):
    """All cells are there and wait for work: none is lost for good."""
    with server.connect() as client:
        def is_idle():
            slots = client.status().slots
            return all(slot.state == "idle" and slot.cell_pid for slot in slots)
        host.wait_until(is_idle, "every slot has a cell that is idle", IDLE_PATIENCE_S)
        # An evaluation that is split: then the second cells are there, too.
        client.judge_one(evaluate_add())
        host.wait_until(is_idle, "every slot has a cell that is idle", IDLE_PATIENCE_S)
        server.wait_still()
        return client.status()


def warm_up(server, mix, tally):
    asks = mix.kept()
    with server.connect() as client:
        for ask, answer in zip(asks, client.judge_many((ask.request for ask in asks), IN_FLIGHT)):
            tally.faults += ask.faults(answer.results)


def measure(server, n_done, seconds):
    status = wait_idle(server)
    processes = server.processes()
    by_name = {process.name: process for process in processes}
    sample = {"evaluations": status.evaluations_total}
    for name in ("broker", "keeper", "supervisor"):
        pid = by_name["assayd" if name == "supervisor" else f"assay-{name}"].pid
        sample[f"{name}, KiB"] = host.private_kib(pid)
        sample[f"{name}, descriptors"] = host.descriptors(pid)
    pythons = [pid for slot in status.slots if slot.language == "python"
               for pid in (slot.cell_pid, slot.examiner_pid) if pid]
    sample["a Python cell, KiB"] = mean(host.private_kib(pid) for pid in pythons)
    sample["charged to a cell, KiB"] = mean(
        used // 1024 for used in host.cgroup_memory_bytes(server.pid))
    sample["processes"] = len(processes)
    sample["zombies"] = sum(process.state == "Z" for process in processes)
    sample["cgroups"] = sum(str(server.pid) in path for path in host.cgroups())
    sample["mounts"] = len(host.mounts())
    sample["evaluations/s"] = round(n_done / seconds) if seconds else 0
    sample["counters"] = {counter.name: counter.value for counter in status.counters}
    return sample


def run_round(server, mix, tally, number):
    until = EVALUATIONS * (number + 1) // ROUNDS
    before, begin = tally.n_answered, time.monotonic()
    workers = [Worker(server, mix, tally, number * CLIENTS + i, until) for i in range(CLIENTS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    tally.faults += [worker.error for worker in workers if worker.error]
    return measure(server, tally.n_answered - before, time.monotonic() - begin)


def show_progress(sample, tally):
    counters = sample["counters"]
    print(f"{tally.n_answered:7d}  {sample['evaluations/s']:4d}/s  broker {sample['broker, KiB']} KiB"
          f"  cells built {counters['cells_started']}, not clean {counters['cells_not_clean']}, "
          f"lost {counters['cells_lost']}  wrong answers {len(tally.faults)}", flush=True)


def show_table(samples):
    """Prints it; the names of what grew."""
    last = len(samples) - 1
    chosen = [samples[0], samples[last // 4], samples[last // 2], samples[last]]
    settled = samples[last // 4:]
    grown = []
    print(f"\n{'':26}" + "".join(f"{text:>10}" for text in ("first", "quarter", "half", "end", "growth")))
    for name, limit in {"evaluations": None, **LIMITS}.items():
        values = [sample[name] for sample in settled]
        is_grown = limit is not None and grows(values, *limit)
        grown += [name] * is_grown
        print(f"{name:26}" + "".join(f"{sample[name]:10d}" for sample in chosen) +
              f"{growth(values):10.1f}" + ("  GROWS" if is_grown else ""))
    for name in samples[0]["counters"]:
        values = [sample["counters"][name] for sample in chosen]
        print(f"{name:26}" + "".join(f"{value:10d}" for value in values))
    return grown


def show_answers(tally):
    print("\nverdicts: " + ", ".join(f"{n} {name}" for name, n in tally.verdicts.most_common()))
    print(f"requests cancelled {tally.n_cancelled}, connections dropped {tally.n_dropped}, "
          f"honest evaluations excused {tally.n_excused}")
    for fault in tally.faults[:20]:
        print("wrong:", fault)
    print(f"{len(tally.faults)} wrong answers")


def run_all(server, listeners):
    with server.connect() as client:
        languages = {language.name for language in client.greeting.languages}
    mix, tally, samples = Mix(listeners, languages), Tally(), []
    warm_up(server, mix, tally)
    for number in range(ROUNDS):
        samples.append(run_round(server, mix, tally, number))
        show_progress(samples[-1], tally)
    folder = os.path.join(BUILD, "soak")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "samples.jsonl"), "w", encoding="utf-8") as file:
        file.writelines(json.dumps(sample) + "\n" for sample in samples)
    grown = show_table(samples)
    show_answers(tally)
    if listeners.were_reached():
        tally.faults.append("a listener of the host was reached")
    is_excused = tally.n_excused <= EXCUSED_PART_MAX * tally.n_answered
    return not grown and not tally.faults and is_excused


def main():
    before, listeners, server = host.Snapshot(), escapes.HostListeners(), Daemon()
    begin = time.monotonic()
    try:
        is_well = run_all(server, listeners)
    finally:
        warnings = [line for line in server.log().splitlines() if "warning" in line or "error" in line]
        print(f"{len(warnings)} warnings in the log" + "".join(f"\n  {line}" for line in warnings[:10]))
        server.stop()
        listeners.close()
    left = {name: [path for path in paths if str(server.pid) in path]
            for name, paths in before.differences().items()}
    print(f"in {time.monotonic() - begin:.0f} s; left behind: {any(left.values()) and left or 'nothing'}")
    return 0 if is_well and not any(left.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
