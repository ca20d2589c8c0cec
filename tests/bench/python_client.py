"""The Python client at work, for the bench: what a batch takes of time, and of CPU time.

Usage: python_client.py client|async FILE    judges FILE (lines of `assay eval`) in one batch through
                                             Client or AsyncClient; prints seconds and who passed
       python_client.py                      prints the CPU time of this process for an evaluation, in
                                             batches of 1,000: candidates of one task, as a training
                                             step sends them, or a task for each; three assertions each

$ASSAY_ADDR is the daemon; the connection is there before anything is measured. Prints one JSON object.
"""
import asyncio
import json
import os
import resource
import sys
import time

sys.path.insert(0, os.path.join(os.path.abspath(os.environ.get("ASSAY_BUILD", "build")), "python"))

import assay  # noqa: E402  (the path is set above)

N = 1000
CODE = "def add(a, b):\n    return a + b  # %d\n"
CHECK = ("def check(candidate):\n    assert candidate(1, 2) == 3\n"
         "    assert candidate(0, 0) == 0\n    assert candidate(-1, 1) == 0\n")


def make_task(index=0):
    return assay.Task(assay.Tests.check(CHECK), entry_point="add", id=f"add/{index}", cache=False)


def cpu_ms():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1000


def cpu_of(pairs, judge):
    before = cpu_ms()
    results = judge(pairs)
    used = (cpu_ms() - before) / len(pairs)
    assert all(result.passed or result.maskable for result in results), results[0].detail
    return used


def measure_cpu(client, asynchronous):
    one = make_task()
    same = [(one, CODE % index) for index in range(N)]
    different = [(make_task(index), CODE % index) for index in range(N)]

    async def gather(pairs):
        return await asyncio.gather(*(asynchronous.evaluate(*pair) for pair in pairs))
    return {
        "one task": cpu_of(same, client.evaluate_batch),
        "1,000 tasks": cpu_of(different, client.evaluate_batch),
        "asyncio, one task": cpu_of(
            same, lambda pairs: asyncio.run(asynchronous.evaluate_batch(pairs))),
        "asyncio, 1,000 times evaluate()": cpu_of(
            different, lambda pairs: asyncio.run(gather(pairs))),
    }


def judge_file(client, asynchronous, kind, path):
    with open(path, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    pairs = [(assay.Task.from_dict(row), row["candidates"][0]["code"]) for row in rows]
    start = time.perf_counter()
    if kind == "async":
        results = asyncio.run(asynchronous.evaluate_batch(pairs))
    else:
        results = client.evaluate_batch(pairs)
    return {"seconds": time.perf_counter() - start, "passed": sum(each.passed for each in results)}


def main():
    with assay.Client() as client:
        client.server()
        asynchronous = assay.AsyncClient.of(client)
        if len(sys.argv) == 1:
            found = measure_cpu(client, asynchronous)
        else:
            found = judge_file(client, asynchronous, *sys.argv[1:])
    print(json.dumps(found))


if __name__ == "__main__":
    main()
