"""Promise: no wrong C or C++ solution passes by what it does to the tests or to who judges them.

First the corpus, which nothing here or in the daemon knows a line of, then what a program could try
in particular here: to define what the tests use, to leave early, to write the records of the run.
"""
import pytest

from support import attacks
from support.wire import evaluate, verdict_name

TESTS = """#include <assert.h>
int main(void)
{
    assert(add(2, 3) == 5);
    assert(add(-1, 1) == 0);
    return 0;
}
"""
WRONG = "int add(int a, int b) { (void)a; (void)b; return 7; }\n"
INCLUDES = ("#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n"
            "#include <signal.h>\n#include <setjmp.h>\n#include <sys/wait.h>\n")
SORTED_TESTS = """#undef NDEBUG
#include <cassert>
int main()
{
    auto candidate = sorted_copy;
    assert(candidate(vector<int>({3, 1, 2})) == vector<int>({1, 2, 3}));
}
"""
SORTED_PROMPT = "#include <bits/stdc++.h>\nusing namespace std;\n"
SORTED_WRONG = "vector<int> sorted_copy(vector<int> v) { return v; }\n"


def request_of(line):
    task = line["task"]
    if "stdin_tests" in task:
        request = attacks.stdio_request(line)
        request.language = line["language"]
        return request
    return evaluate(line["candidate"], task=line["id"], prompt=task["prefix"],
                    program=task["test_source"], language=line["language"])


@pytest.mark.parametrize("language", ["c", "cpp"])
def test_corpus(client, capsys, language):
    waiting = {line["id"]: client.submit(request_of(line))
               for line in attacks.lines_of("hacks_other.jsonl", language)}
    results = {name: client.collect(number).results[0]
               for name, number in waiting.items()}
    with capsys.disabled():
        print(f"\n{language}: " + ", ".join(f"{name} {verdict_name(result)}"
                                            for name, result in results.items()))
    assert len(results) >= 4
    assert not [name for name, result in results.items() if result.passed]
    # Not for the reason that nothing compiles.
    assert len([result for result in results.values() if result.compile.ok]) >= len(results) - 1


@pytest.mark.parametrize("code", [
    WRONG + "#define assert(x)\n#define main other\n#define return return 0 &&\n",
    WRONG + "#define NDEBUG\n",
    WRONG + "int main(void) { return 0; }\n",
    WRONG + "int __wrap_main(void) { return 0; }\nint __real_main(void) { return 0; }\n",
    WRONG + "void __wrap___assert_fail(void) { _exit(0); }\nvoid __assert_fail() { _exit(0); }\n",
    WRONG + "void abort(void) { _exit(0); }\nint raise(int n) { _exit(0); }\n",
    WRONG + "__attribute__((constructor)) static void early(void) { _exit(0); }\n",
    WRONG + "__attribute__((section(\".preinit_array\"), used)) static void (*early)(void) = exit;\n",
    WRONG + "void _start(void) { _exit(0); }\nvoid assay_start(void) { _exit(0); }\n",
    WRONG + "__asm__(\".globl main\\nmain: xor %eax, %eax\\nret\");\n",
    WRONG + "/* the rest of the file is a comment\n",
    WRONG + "#if 0\n",
    "int add(int a, int b) { _exit(0); }\n",
    "int add(int a, int b) { exit(0); }\n",
    "extern void assay_tests_exit(int);\nint add(int a, int b) { assay_tests_exit(0); return 0; }\n",
    "extern int __wrap_main(int, char **, char **);\n"
    "int add(int a, int b) { static int n; if (n++ == 0) __wrap_main(0, 0, 0); exit(0); }\n",
    "static void leave(int n) { _exit(0); }\nint add(int a, int b) { signal(SIGABRT, leave); return 7; }\n",
    "int add(int a, int b) { if (fork() == 0) _exit(0); wait(0); _exit(0); }\n",
    "int add(int a, int b) { execl(\"/bin/true\", \"true\", (char *)0); return 7; }\n",
    # Its own main, whatever the tests' is called then.
    WRONG + "int fake(void) __asm__(\"main\");\nint fake(void) { return 0; }\nint (main)(void) __asm__(\"away\");\n",
    WRONG + "int fake(void) __asm__(\"main\");\nint fake(void) { return 0; }\nstatic int (main)(void);\n",
    WRONG + "int (main)(void) __attribute__((weak));\nint fake(void) __asm__(\"main\");\nint fake(void) { return 0; }\n",
    WRONG + "int assay_tests_main(void) { return 0; }\n",
    WRONG + "inline int assay_tests_main(void) { return 0; }\nextern int assay_tests_main(void);\n",
    # Where a failed assertion goes.
    WRONG + "void __assert_fail(const char *, const char *, unsigned, const char *) __asm__(\"away\");\n"
    "void leave(void) __asm__(\"away\");\nvoid leave(void) { _exit(0); }\n",
    # A record of a pass, with a nonce that is not the run's.
    "int add(int a, int b) { char b1[68] = {0x5a, (char)0xa5, 5}; b1[4] = 52; b1[8] = 1; b1[24] = 1;"
    " b1[32] = 16; for (int fd = 3; fd < 1024; fd++) (void)!write(fd, b1, 52); _exit(0); }\n",
    # The nonce has been read, and its descriptor closed.
    "__attribute__((constructor)) static void early(void) { char n[16]; if (read(601, n, 16) > 0)"
    " puts(\"ESCAPED nonce\"); }\n" + WRONG,
])
def test_tries_in_c(client, code):
    result = client.judge_one(evaluate(INCLUDES + code, program=TESTS, language="c"))
    assert not result.passed, result
    assert not result.maskable and b"ESCAPED" not in result.stdout


NAME_TESTS = ("#include <assert.h>\n#include <string.h>\nint main(void)\n{\n"
              "    assert(strcmp(name(), \"right\") == 0);\n    return 0;\n}\n")


@pytest.mark.parametrize("own", [
    "static int strcmp(const char *a, const char *b) { return 0; }\n",
    "inline int strcmp(const char *a, const char *b) { return 0; }\n",
    "inline int strcmp(const char *a, const char *b) { return 0; }\nextern int strcmp(const char *, const char *);\n",
    "extern inline __attribute__((gnu_inline)) int strcmp(const char *a, const char *b) { return 0; }\n",
    "int strcmp(const char *, const char *) __asm__(\"away\");\nint strcmp(const char *a, const char *b) { return 0; }\n",
    "int strcmp(const char *a, const char *b) { return 0; }\n",
])
def test_functions_of_the_library_stay_its_own(client, own):
    code = own + "const char *name(void) { return \"wrong\"; }\n"
    assert not client.judge_one(evaluate(code, program=NAME_TESTS, language="c")).passed
    honest = "#include <string.h>\nconst char *name(void) { return \"right\"; }\n"
    assert client.judge_one(evaluate(honest, program=NAME_TESTS, language="c")).passed


def test_an_honest_one_among_them(client):
    honest = "int add(int a, int b) { return a + b; }\n"
    assert client.judge_one(evaluate(INCLUDES + honest, program=TESTS, language="c")).passed


@pytest.mark.parametrize("code", [
    "bool operator==(const vector<int> &, const vector<int> &) { return true; }\n" + SORTED_WRONG,
    "namespace std { template <> bool operator==(const vector<int> &, const vector<int> &)"
    " { return true; } }\n" + SORTED_WRONG,
    "namespace std { template <> bool equal(const int *, const int *, const int *)"
    " { return true; } }\n" + SORTED_WRONG,
    "struct vector_int : vector<int> {};\ntemplate <class T = vector_int>"
    " bool operator==(const vector<int> &, const vector<int> &) { return true; }\n" + SORTED_WRONG,
    "struct Exit { ~Exit() { _Exit(0); } } at_exit;\nvector<int> sorted_copy(vector<int>) { exit(0); }\n",
    "vector<int> sorted_copy(vector<int>) { throw 1; }\nstruct S { S() { set_terminate([] { _Exit(0); }); } } s;\n",
    "extern \"C\" inline void __assert_fail(const char *, const char *, unsigned, const char *) { _Exit(0); }\n" + SORTED_WRONG,
    "int fake() __asm__(\"main\");\nint fake() { return 0; }\nint (main)() __asm__(\"away\");\n" + SORTED_WRONG,
    "#define operator\n#define vector list\n" + SORTED_WRONG.replace("vector", "std::vec" + "tor"),
])
def test_tries_in_cpp(client, code):
    request = evaluate(code, prompt=SORTED_PROMPT, program=SORTED_TESTS, language="cpp")
    result = client.collect(client.submit(request)).results[0]
    assert not result.passed, result
    assert not result.maskable
