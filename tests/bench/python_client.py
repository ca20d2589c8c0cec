"""CPU time that the Python client takes for one evaluation; `make bench` prints it.

Batches of 1,000, through Client and AsyncClient: candidates of one task, as a training step sends
them, and a task for each candidate. Counted is this process alone, user and system, without the
daemon; the tests are those of HumanEval's form, three assertions each.
"""
import asyncio
import os
import resource
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(os.path.abspath(os.environ.get("ASSAY_BUILD", "build")), "python"))

import assay  # noqa: E402  (the paths are set above)

N = 1000
CODE = "def add(a, b):\n    return a + b  # %d\n"
CHECK = ("def check(candidate):\n    assert candidate(1, 2) == 3\n"
         "    assert candidate(0, 0) == 0\n    assert candidate(-1, 1) == 0\n")


def make_task(index=0):
    return assay.Task(assay.Tests.check(CHECK), entry_point="add", id=f"add/{index}", cache=False)


def cpu_ms():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1000


def measure(name, pairs, judge):
    before = cpu_ms()
    results = judge(pairs)
    used = (cpu_ms() - before) / len(pairs)
    assert all(result.passed or result.maskable for result in results), results[0].detail
    print(f"python client, {name:<38} {used:6.3f} ms of CPU for an evaluation")


def main():
    one = make_task()
    same = [(one, CODE % index) for index in range(N)]
    different = [(make_task(index), CODE % index) for index in range(N)]
    with assay.local() as client:
        client.server()
        asynchronous = assay.AsyncClient.of(client)
        measure("batch of one task", same, client.evaluate_batch)
        measure("batch of 1,000 tasks", different, client.evaluate_batch)
        measure("asyncio, batch of one task", same,
                lambda pairs: asyncio.run(asynchronous.evaluate_batch(pairs)))

        async def gather(pairs):
            return await asyncio.gather(*(asynchronous.evaluate(*pair) for pair in pairs))
        measure("asyncio, 1,000 times evaluate()", different,
                lambda pairs: asyncio.run(gather(pairs)))


if __name__ == "__main__":
    main()
