"""Native programs: C and C++, compiled in the cell of the candidate and run as kinds stdio, program."""
import gzip
import json
import signal

import pytest

from support import shared
from support.wire import evaluate, pb, verdict_name

SUM = ('#include <stdio.h>\n'
       'int main(void)\n{\n\tint a, b;\n\n\tscanf("%d %d", &a, &b);\n\tprintf("%d\\n", a + b);\n\treturn 0;\n}\n')
SUM_CPP = ('#include <iostream>\n'
           'int main()\n{\n\tint a, b;\n\tstd::cin >> a >> b;\n\tstd::cout << a + b << std::endl;\n}\n')
ADD = "int add(int a, int b) { return a + b; }\n"
TESTS_OF_ADD = "#include <assert.h>\nint main(void)\n{\n\tassert(add(2, 3) == 5);\n\treturn 0;\n}\n"
HELLO = '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n'


def stdio(code, *cases, language="c", **options):
    request = evaluate(code, language=language, **options)
    for stdin, stdout in cases or [("", "hello\n")]:
        request.stdio.cases.add(stdin=stdin.encode(), stdout=stdout.encode())
    return request


def judge(client, code, *cases, **options):
    return client.judge_one(stdio(code, *cases, **options))


def judge_main(client, body, *cases, **options):
    code = f"#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\nint main(void) {{ {body} }}\n"
    return judge(client, code, *cases, **options)


def run_program(client, code=ADD, tests=TESTS_OF_ADD, language="c", **options):
    return client.judge_one(evaluate(code, program=tests, language=language, **options))


# ---- stdio

def test_hello(client):
    result = judge(client, HELLO)
    assert result.verdict == pb.PASSED, result
    assert result.integrity == pb.SPLIT and result.compile.ok and result.compile.output == b""
    assert result.runtime.startswith("gcc ")
    assert result.stdout == b"hello\n"


def test_the_greeting_tells_what_is_served(client):
    served = {language.name: list(language.test_kinds) for language in client.greeting.languages}
    assert served["c"] == served["cpp"] == ["program", "stdio"]
    assert "check" in served["python"]


def test_cases(client):
    result = judge(client, SUM, ("1 2\n", "3\n"), ("-4 4", "0"), ("2 2", "5"))
    assert verdict_name(result) == "FAILED"
    assert [test.outcome for test in result.tests] == [
        pb.OUTCOME_PASSED, pb.OUTCOME_PASSED, pb.OUTCOME_FAILED]
    assert result.tests[2].actual == b"4\n"


def test_cpp(client):
    result = judge(client, SUM_CPP, ("20 22", "42\n"), language="cpp")
    assert result.verdict == pb.PASSED, result.feedback
    assert result.runtime.startswith("g++ ")


def test_status_and_signal(client):
    result = judge_main(client, "return 3;")
    assert verdict_name(result) == "ERROR" and result.tests[0].outcome == pb.OUTCOME_ERROR
    assert b"exit status 3" in result.feedback
    for number, body in ((signal.SIGSEGV, "*(volatile int *)0 = 1;"), (signal.SIGABRT, "abort();"),
                         (signal.SIGFPE, "volatile int zero = 0; return 7 / zero;")):
        result = judge_main(client, body)
        assert verdict_name(result) == "ERROR" and result.tests[0].outcome == pb.OUTCOME_CRASHED
        assert b"signal %d" % number in result.feedback


@pytest.mark.parametrize("body, verdict", [
    ("for (;;) ;", "CPU_LIMIT"),
    ('for (;;) puts("0123456789012345678901234567890123456789");', "OUTPUT_LIMIT"),
    ("for (;;) { volatile char *p = malloc(1 << 20); for (int i = 0; i < 1 << 20; i += 512) p[i] = 1; }",
     "MEMORY_LIMIT"),
])
def test_limits(client, body, verdict):
    result = judge_main(client, body, cpu_ms=1000, wall_ms=60000, memory_bytes=64 << 20)
    if verdict == "MEMORY_LIMIT" and "cgroup-memory" not in client.greeting.isolation:
        verdict = "ERROR"  # each process has a limit of its own: malloc fails, and then the program
    assert verdict_name(result) == verdict, result.feedback


def test_wall_limit(client):
    assert verdict_name(judge_main(client, "pause(); return 0;", wall_ms=1000)) == "WALL_LIMIT"


def test_files_are_there_for_compiler_and_program(client):
    code = ('#include "own.h"\n#include <stdio.h>\nint main(void)\n{\n\tchar text[16] = "";\n'
            '\tFILE *file = fopen("data.txt", "r");\n\tfgets(text, sizeof(text), file);\n'
            '\tprintf("%s %d\\n", text, OWN);\n\treturn 0;\n}\n')
    files = {"own.h": "#define OWN 7\n", "data.txt": "abc"}
    assert judge(client, code, ("", "abc 7\n"), files=files).passed


# ---- compiling

def test_errors_have_a_place(client):
    result = judge(client, "int main(void)\n{\n\treturn missing;\n}\n")
    assert verdict_name(result) == "COMPILE_ERROR"
    assert result.fault == pb.FAULT_CANDIDATE and not result.maskable
    assert not result.compile.ok
    assert b"candidate.c:3:9: error:" in result.compile.output
    assert result.error.line == 3
    assert b"return missing;" in result.feedback
    assert result.tests_total == 1 and result.tests_run == 0
    for path in (b"/tmp", b"/home", b"/root", b"/work"):
        assert path not in result.compile.output


def test_warnings_are_told(client):
    result = judge(client, '#include <stdio.h>\nint main(void) { int unused; puts("hello"); return 0; }\n')
    assert result.passed and result.compile.ok
    assert b"candidate.c:2:22: warning: unused variable" in result.compile.output
    assert result.stderr == b""


@pytest.mark.parametrize("code", [
    '#include "/etc/passwd"\nint main(void) { return 0; }\n',
    '__asm__(".incbin \\"/etc/passwd\\"");\nint main(void) { return 0; }\n',
    '#include "/proc/1/environ"\nint main(void) { return 0; }\n',
])
def test_the_host_is_not_there_for_the_compiler(client, code):
    result = judge(client, code)
    assert verdict_name(result) == "COMPILE_ERROR"
    assert b"root:" not in result.compile.output


@pytest.mark.once
@pytest.mark.parametrize("code, detail", [
    # An array whose initialiser would fill the disk.
    ("char a[1ull << 40] = {1};\nint main(void) { return a[0]; }\n", b""),
    # Work for the preprocessor without end.
    ("#define A0 1+1+1+1+1+1+1+1\n" +
     "".join(f"#define A{i} A{i - 1}+A{i - 1}+A{i - 1}+A{i - 1}+A{i - 1}+A{i - 1}+A{i - 1}+A{i - 1}\n"
             for i in range(1, 12)) + "int main(void) { return A11; }\n", b"The compiler"),
], ids=["array", "macros"])
def test_bombs_of_the_compiler(client, code, detail):
    answer = client.collect(client.submit(stdio(code)))
    (result,) = answer.results
    assert verdict_name(result) == "COMPILE_ERROR", result
    assert result.fault == pb.FAULT_CANDIDATE and not result.maskable
    assert detail in result.detail
    assert judge(client, HELLO).passed


def test_it_compiles_once(client):
    before = {counter.name: counter.value for counter in client.status().counters}["runs_started"]
    request = stdio(SUM, ("1 2", "3"), ("2 3", "5"))
    request.repeat = 3
    result = client.judge_one(request)
    after = {counter.name: counter.value for counter in client.status().counters}["runs_started"]
    assert result.passed and result.repeats.runs == 3 and result.repeats.agree
    assert after - before == 1 + 3 * 2


def test_no_tests(client):
    request = evaluate(HELLO, language="c")
    request.stdio.SetInParent()
    assert verdict_name(client.judge_one(request)) == "NO_TESTS"


@pytest.mark.parametrize("kind", ["check", "asserts", "unittest", "pytest"])
def test_other_kinds_are_refused(client, kind):
    request = evaluate(ADD, language="c", entry_point="add",
                       **{kind: ["x"] if kind == "asserts" else "x"})
    error = client.collect(client.submit(request)).error
    assert error.code == pb.INVALID_REQUEST and "program, stdio" in error.message


def test_apart_is_not_to_be_had_for_programs(client):
    request = evaluate(ADD, program=TESTS_OF_ADD, language="c")
    request.integrity = pb.INTEGRITY_WISH_SPLIT
    assert verdict_name(client.judge_one(request)) == "BAD_TASK"


# ---- program

def test_program_passes(client):
    result = run_program(client)
    assert result.verdict == pb.PASSED, result
    assert result.integrity == pb.SHARED and result.control == pb.CONTROL_NONE
    assert result.tests_total == result.tests_passed == 1


def test_program_fails(client):
    result = run_program(client, "int add(int a, int b) { return a - b; }\n")
    assert verdict_name(result) == "FAILED"
    assert b"add(2, 3) == 5" in result.tests[0].error.message
    result = run_program(client, ADD, "int main(void) { return add(1, 1) == 3 ? 0 : 4; }\n")
    assert verdict_name(result) == "FAILED" and b"status 4" in result.feedback
    for ending in ("exit(2)", "abort()"):
        tests = f"#include <stdlib.h>\nint main(void) {{ if (add(1, 1) != 3) {ending}; return 0; }}\n"
        assert verdict_name(run_program(client, ADD, tests)) == "FAILED"


def test_a_function_that_is_not_there(client):
    result = run_program(client, "int sub(int a, int b) { return a - b; }\n")
    assert verdict_name(result) == "COMPILE_ERROR" and not result.maskable
    assert b"add" in result.compile.output


@pytest.mark.parametrize("language, tests, maskable", [
    ("c", "#include <assert.h>\nint main(void)\n{\n\tassert(add(2, 3) == 5)\n\treturn 0;\n}\n", True),
    ("c", "int main(void)\n{\n\treturn add(2, 3) != 5;\n", True),
    ("c", "#include <no_such_header.h>\nint main(void) { return add(2, 3) != 5; }\n", True),
    ("c", "#include <assert.h>\nvoid test(void) { assert(add(2, 3) == 5); }\n", True),
    ("c", "int main(void) { int *p = 2.5; return add(2, 3) != 5; }\n", False),
    ("cpp", "int main()\n{\n\tif (add(2, 3) != 5)\n\t\treturn 1\n\treturn 0;\n}\n", False),
    ("cpp", "#include <no_such_header>\nint main() { return add(2, 3) != 5; }\n", True),
    ("cpp", "bool test() { return add(2, 3) == 5; }\n", True),
], ids=["semicolon", "brace", "header", "no main", "types", "C++ semicolon", "C++ header", "C++ no main"])
def test_broken_tests_are_not_the_candidates_fault(client, language, tests, maskable):
    """What no candidate could have changed may be dropped from training; the rest is only told."""
    result = run_program(client, ADD, tests, language=language)
    assert verdict_name(result) == "BAD_TASK", result
    assert result.fault == pb.FAULT_TESTS and result.maskable == maskable
    assert result.compile.ok and result.error.message
    # Nobody gets out of it by not compiling.
    result = run_program(client, "int add(int a, int b) { return a + ; }\n", tests, language=language)
    assert verdict_name(result) == "COMPILE_ERROR" and result.fault == pb.FAULT_CANDIDATE


@pytest.mark.parametrize("language, code, tests", [
    # What the tests need is missing, or is something else: that is no error of theirs.
    ("cpp", "int sub(int a) { return a; }\n", "int main() { return add(2, 3) != 5; }\n"),
    ("cpp", "int Box;\n", "int main() { Box b{1}; return b.n != 1; }\n"),
    ("cpp", "int Box(int);\n", "template <class T> T f(); int main() { f<Box>(); return 0; }\n"),
    ("cpp", "int add(int a) { return a; }\n", "int main() { return add(2, 3) != 5; }\n"),
    ("c", "int box;\n", "int main(void) { box b = {1}; return b.n != 1; }\n"),
    ("c", "struct other { int n; };\n", "int main(void) { struct box b = {1}; return b.n != 1; }\n"),
    ("c", "int add(char *a) { return 0; }\n", "int main(void) { return add(2, 3) != 5; }\n"),
    # It would have the tests of another candidate fail.
    ("c", ADD + "static int (main)(void);\n", TESTS_OF_ADD),
])
def test_what_candidates_lack_is_their_fault(client, language, code, tests):
    result = run_program(client, code, tests, language=language)
    assert verdict_name(result) == "COMPILE_ERROR", result
    assert result.fault == pb.FAULT_CANDIDATE and not result.maskable


def test_inline_functions_are_seen(client):
    code = "inline int add(int a, int b) { return a + b; }\n"
    for language in ("c", "cpp"):
        assert run_program(client, code, language=language).passed
    assert run_program(client, "extern \"C\" int add(int a, int b) { return a + b; }\n", language="cpp").passed


def test_an_assertion_of_the_candidates_own(client):
    result = run_program(client, "#include <assert.h>\nint add(int a, int b) { assert(a > b); return 0; }\n")
    assert verdict_name(result) == "ERROR"


@pytest.mark.parametrize("code", [
    ADD + '#include <stdio.h>\nint main(void) { puts("a demonstration"); return 1; }\n',
    "static int helper(int a) { return a; }\nstatic int calls;\n"
    "int add(int a, int b) { calls++; return helper(a) + b; }\n",
    "static int add(int a, int b) { return a + b; }\n",
    "#define RESULT (a + b)\nint add(int a, int b) { return RESULT; }\n",
    "#include <string.h>\n#include <stdlib.h>\ntypedef struct { int x; } box;\nenum { ONE = 1 };\n"
    "int table[] = {1, 2};\nint add(int a, int b)\n{\n\tbox *p = malloc(sizeof(*p));\n"
    "\tp->x = a + b + table[0] - ONE;\n\ta = p->x;\n\tfree(p);\n\treturn a;\n}\n",
])
def test_honest_code(client, code):
    result = run_program(client, code)
    assert result.passed, result


def test_tests_see_types_and_values(client):
    code = ("#include <math.h>\nstruct point { double x, y; };\n"
            "double length(struct point p) { return sqrt(p.x * p.x + p.y * p.y); }\n"
            "int counter = 5;\n")
    tests = ("#include <assert.h>\nint main(void)\n{\n\tstruct point p = {3, 4};\n"
             "\tassert(length(p) == 5.0);\n\tassert(counter == 5);\n\treturn 0;\n}\n")
    assert run_program(client, code, tests).passed


def test_cpp_programs(client):
    code = ("template <class T> T twice(T x) { return x + x; }\n"
            "class Counter { int n = 0; public: void step(); int value() const { return n; }\n"
            "friend bool operator==(const Counter &, const Counter &); };\n"
            "void Counter::step() { n++; }\n"
            "bool operator==(const Counter &a, const Counter &b) { return a.n == b.n; }\n"
            "map<string, int> count(const vector<string> &words)\n"
            "{ map<string, int> m; for (auto &w : words) m[w]++; return m; }\n")
    tests = ("#undef NDEBUG\n#include <cassert>\nint main()\n{\n"
             "\tassert(twice(string(\"ab\")) == \"abab\");\n\tCounter c, d;\n\tc.step();\n"
             "\tassert(c.value() == 1);\n\tassert(!(c == d));\n"
             "\tassert((count({\"a\", \"b\", \"a\"}) == map<string, int>{{\"a\", 2}, {\"b\", 1}}));\n}\n")
    prompt = "#include <map>\n#include <string>\n#include <vector>\nusing namespace std;\n"
    result = run_program(client, code, tests, language="cpp", prompt=prompt)
    assert result.passed, result
    # The position is the code's own, whatever the prompt was.
    result = run_program(client, "int f() {\n return x; }\n", tests, language="cpp", prompt=prompt)
    assert result.error.line == 2 and verdict_name(result) == "COMPILE_ERROR"


def test_hidden_tests_are_not_quoted(client):
    request = evaluate("int sub(void) { return 0; }\n", language="c",
                       program="int main(void) { return secret(41) == 42 ? 0 : unknown; }\n")
    request.reveal = pb.REVEAL_NONE
    result = client.judge_one(request)
    assert verdict_name(result) == "COMPILE_ERROR"
    assert b"41" not in result.compile.output and b"42" not in result.feedback


@pytest.mark.once
def test_references_of_humaneval_x(client):
    """Real tasks, declaration and body as one text: some that use what a parser could stumble over."""
    with gzip.open(shared.data_path("humaneval-x/humaneval_cpp.jsonl.gz"), "rt") as lines:
        tasks = [json.loads(line) for line in lines]
    chosen = [tasks[i] for i in (0, 32, 107, 162)]
    for task in chosen:
        if "boost/" in task["declaration"] or "openssl/" in task["declaration"]:
            continue
        request = evaluate(task["declaration"] + task["canonical_solution"], task=task["task_id"],
                           program=task["test"], language="cpp")
        result = client.collect(client.submit(request)).results[0]
        assert result.passed, (task["task_id"], result.feedback)


# ---- several languages in one daemon

def test_languages_take_turns(own_daemon):
    server = own_daemon(slots=1)
    with server.connect() as client:
        for _ in range(2):
            assert judge(client, HELLO).passed
            assert client.judge_one(evaluate("x = 1\n", program="assert x == 1\n")).passed
    server.stop()
