"""What a harness in the manner of openai/human-eval does for each candidate, in few lines.

Usage: harness.py FILE WORKERS

FILE holds JSON lines of {"program"}. For each: a process (multiprocessing, forked from this one with
its thread pool, a manager process for the answer), a folder of its own, dangerous functions taken
away, output swallowed, and exec() with an alarm as the time limit. Prints what floor.c prints. No
project's code is used; it is here to be measured beside.
"""
import contextlib
import io
import json
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

TIME_LIMIT_S = 3.0
TAKEN_AWAY = {
    os: ("kill", "system", "putenv", "remove", "removedirs", "rmdir", "fchdir", "setuid", "fork",
         "forkpty", "killpg", "rename", "renames", "truncate", "replace", "unlink", "fchmod",
         "fchown", "chmod", "chown", "chroot", "lchown", "getcwd", "chdir"),
    shutil: ("rmtree", "move", "chown"),
}


class OutOfTime(Exception):
    pass


def on_alarm(_number, _frame):
    raise OutOfTime


def take_away():
    import faulthandler
    faulthandler.disable()
    for module, names in TAKEN_AWAY.items():
        for name in names:
            setattr(module, name, None)
    for name in ("ipdb", "joblib", "resource", "psutil", "tkinter"):
        sys.modules[name] = None


def judge_here(program, answers):
    folder = tempfile.mkdtemp()
    rmtree, rmdir, chdir = shutil.rmtree, os.rmdir, os.chdir
    unlink = os.unlink
    chdir(folder)
    take_away()
    signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, TIME_LIMIT_S)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            exec(program, {})
        answers.append("passed")
    except OutOfTime:
        answers.append("timed out")
    except BaseException as error:
        answers.append(f"failed: {error}")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        chdir("/")
        shutil.rmtree, os.rmdir, os.unlink = rmtree, rmdir, unlink
        rmtree(folder, ignore_errors=True)


def judge(program):
    start = time.perf_counter_ns()
    with multiprocessing.Manager() as manager:
        answers = manager.list()
        process = multiprocessing.Process(target=judge_here, args=(program, answers))
        process.start()
        process.join(timeout=TIME_LIMIT_S + 1)
        if process.is_alive():
            process.kill()
        passed = list(answers) == ["passed"]
    return time.perf_counter_ns() - start, 0 if passed else 1


def main():
    with open(sys.argv[1], encoding="utf-8") as lines:
        programs = [json.loads(line)["program"] for line in lines]
    start = time.perf_counter_ns()
    with ThreadPoolExecutor(int(sys.argv[2])) as pool:
        results = list(pool.map(judge, programs))
    total = time.perf_counter_ns() - start
    for index, (nanoseconds, status) in enumerate(results):
        print("task", index, nanoseconds, status)
    print("total", total)


if __name__ == "__main__":
    main()
