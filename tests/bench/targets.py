"""What is to be reached, and what was: the figures of one run beside their targets.

A figure is a function of the run's lines. Ratios of throughput are medians over the rounds, each
against the other in the same round. A figure whose rows were not measured is None, and not shown.
"""
import statistics

AT_LEAST, AT_MOST = ">=", "<="


class Lines:
    """The lines of a run."""

    def __init__(self, lines):
        self.lines = lines

    def find(self, row, **wanted):
        for line in self.lines:
            if line["row"] == row and all(line.get(key) == value for key, value in wanted.items()):
                return line
        return None

    def value(self, key, row, **wanted):
        line = self.find(row, **wanted)
        return None if line is None else line.get(key)

    def ratio(self, row, other, workers=2):
        mine, base = self.find(row, workers=workers), self.find(other, workers=workers)
        if mine is None or base is None:
            return None
        return statistics.median(a / b for a, b in zip(mine["rounds"], base["rounds"]))

    def quotient(self, key, row, other):
        mine, base = self.value(key, row), self.value(key, other)
        return None if mine is None or base is None else mine / base


class Target:
    def __init__(self, what, figure, sense, bound, unit="", places=2):
        self.what, self.figure, self.sense, self.bound = what, figure, sense, bound
        self.unit, self.places = unit, places

    def found(self, lines):
        return self.figure(lines)

    def is_met(self, value):
        # As it is shown: 0.996 is told as 1.00, and is that.
        value = round(value, self.places)
        return value >= self.bound if self.sense == AT_LEAST else value <= self.bound

    def shown(self, value):
        return f"{value:.{self.places}f}{self.unit}"

    def shown_bound(self):
        word = "at least" if self.sense == AT_LEAST else "at most"
        return f"{word} {self.bound:g}{self.unit}"


def of_floor(what, row, bound):
    for workers in (1, 2):
        slots = "1 slot" if workers == 1 else "2 slots"
        yield Target(f"{what}, {slots}",
                     lambda lines, workers=workers: lines.ratio(row, "floor", workers),
                     AT_LEAST, bound, " x floor")


def beside(name, row, bound):
    for workers in (1, 2):
        slots = "1 slot" if workers == 1 else "2 slots"
        yield Target(f"native against {name}, {slots}",
                     lambda lines, workers=workers: lines.ratio("native", row, workers),
                     AT_LEAST, bound, " x", 1)


def of_eval(what, row):
    return Target(f"{what}, of assay eval's throughput", lambda lines: lines.ratio(row, "eval"),
                  AT_LEAST, 0.8, " x")


def latency(mode):
    for key, bound in (("p50", 2.0), ("p99", 5.0)):
        yield Target(f"trivial candidate, idle daemon, {mode}, {key}",
                     lambda lines, key=key: lines.value(f"{key}_ms", f"trivial-{mode}"),
                     AT_MOST, bound, " ms")


def broker(what, row):
    def figure(lines):
        value = lines.value("broker_us", row, workers=2)
        return None if value is None else value / 1000
    return Target(f"broker CPU per evaluation, {what}", figure, AT_MOST, 0.15, " ms", 3)


TARGETS = [
    *of_floor("single candidates, native", "native", 1.0),
    *of_floor("8 candidates per task, native", "native-x8", 1.2),
    *of_floor("split forced", "split", 0.6),
    *of_floor("split forced, 8 per task", "split-x8", 0.8),
    *beside("bubblewrap", "bubblewrap", 8), *beside("plain python3", "python3", 5),
    *beside("runc", "runc", 18),
    Target("batch of 16,400 samples, wall time of the floor's",
           lambda lines: lines.quotient("seconds", "batch", "batch-floor"), AT_MOST, 1.1, " x"),
    Target("duplicates 4 of 5, throughput of that without",
           lambda lines: lines.ratio("alike", "different"), AT_LEAST, 4, " x", 1),
    *latency("native"), *latency("split"), *latency("shared"),
    Target("HumanEval+ with all inputs, of one by one",
           lambda lines: lines.value("ratio", "evalplus"), AT_LEAST, 10, " x", 1),
    Target("memory per further slot, idle, one cell",
           lambda lines: lines.value("mib", "memory-per-slot", cells="one cell"),
           AT_MOST, 12, " MiB", 1),
    broker("native", "native"), broker("native, 8 per task", "native-x8"),
    broker("split", "split"), broker("split, 8 per task", "split-x8"), broker("shared", "shared"),
    Target("p99 of the p50 at 80 % of the capacity, alike tasks",
           lambda lines: lines.value("ratio", "curve", mix="alike", fraction=0.8),
           AT_MOST, 5, " x", 1),
    of_eval("assay loop reflexion, replay", "reflexion"),
    of_eval("Client.evaluate_batch", "python"),
    of_eval("AsyncClient.evaluate_batch", "python-async"),
    Target("Python client's CPU per evaluation, batch of 1,000",
           lambda lines: lines.value("client_cpu_ms", "python-cpu", batch="one task"),
           AT_MOST, 0.15, " ms", 3),
    Target("the same, 1,000 tasks",
           lambda lines: lines.value("client_cpu_ms", "python-cpu", batch="1,000 tasks"),
           AT_MOST, 0.15, " ms", 3),
]


def compare(lines):
    """(what, figure, bound, met or not) of all targets whose rows are there."""
    lines = Lines(lines)
    for target in TARGETS:
        value = target.found(lines)
        if value is not None:
            yield target.what, target.shown(value), target.shown_bound(), target.is_met(value)
