#!/usr/bin/env bash
# Usage: lint.sh BUILD
# Form and habits of the source, without running it: clang-format, clang-tidy, cppcheck, shellcheck,
# codespell, the directions of includes, types and names of the Python client. Everything is checked even if an earlier check failed.
# The last line is "N passed, N failed, N skipped", a number of checks.
set -u

build=${1:?usage: lint.sh BUILD}
cd "$(dirname "$0")/../.." || exit 1
passed=0 failed=0 skipped=0
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

list() { # the project's files that match the patterns
	if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
		git ls-files --cached --others --exclude-standard -- "$@"
	else
		local pattern
		for pattern in "$@"; do
			find . -path ./build -prune -o -path ./build-asan -prune -o \
				-type f -name "$(basename "$pattern")" -print | sed 's,^\./,,'
		done
	fi
}

mapfile -t sources < <(list '*.c')
mapfile -t headers < <(list '*.h')
mapfile -t python < <(list '*.py')
mapfile -t shell < <(list '*.sh'; [ -f .ci/run ] && echo .ci/run)

check() { # NAME TOOL COMMAND...
	local name=$1 tool=$2 begin=$SECONDS
	shift 2
	if ! command -v "$tool" >/dev/null 2>&1; then
		echo "skipped: lint/$name: $tool is not installed"
		skipped=$((skipped + 1))
	elif "$@" >"$log" 2>&1; then
		printf 'lint/%-16s ok, %d s\n' "$name" $((SECONDS - begin))
		grep '^hint: ' "$log"
		passed=$((passed + 1))
	else
		printf 'lint/%-16s FAILED, %d s\n' "$name" $((SECONDS - begin))
		sed 's/^/    /' "$log"
		failed=$((failed + 1))
	fi
}

# clang-tidy takes the flags of each file from this list; the runtime's module needs Python's.
compile_commands() {
	/usr/bin/python3 - "$build" "$@" <<'END'
import json, os, sys, sysconfig
build, *sources = sys.argv[1:]
flags = ["-std=gnu11", "-D_GNU_SOURCE", "-Idaemon", "-I.", "-Iinclude", f"-I{build}/gen",
         "-Wall", "-Wextra"]
module = ["-I" + sysconfig.get_path("include"), "-DPy_LIMITED_API=0x03090000"]
commands = [{"directory": os.getcwd(), "file": name,
             "arguments": ["clang", *flags, *(module if "/runtimes/python/" in name else []),
                           *(["-I" + sysconfig.get_path("include")] if "/bench/" in name else []),
                           "-c", name]} for name in sources]
with open(os.path.join(build, "compile_commands.json"), "w") as out:
    json.dump(commands, out, indent=1)
END
}

tidy() {
	compile_commands "${sources[@]}" || return 1
	printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy --quiet -p "$build"
}

check clang-format clang-format clang-format --dry-run -Werror "${sources[@]}" "${headers[@]}"
check includes python3 tests/lint/includes.py "${sources[@]}" "${headers[@]}"
check sizes python3 tests/lint/sizes.py "${sources[@]}"
check clang-tidy clang-tidy tidy
check cppcheck cppcheck cppcheck --quiet -j "$(nproc)" --std=c11 --inline-suppr --error-exitcode=1 \
	--enable=warning,performance,portability --suppressions-list=tests/lint/cppcheck.txt \
	--library=posix --library=gnu --library=tests/lint/cppcheck.cfg -D_GNU_SOURCE -D__linux__ -D__x86_64__ \
	-Idaemon -I. -Iinclude "${sources[@]}"
check shellcheck shellcheck shellcheck -x "${shell[@]}"
types_of_the_client() { # in the folder where the generated messages are
	(cd "$build/python" && mypy --no-error-summary)
}
mapfile -t client < <(list 'client/python/*.py')
check mypy mypy types_of_the_client
check pyflakes pyflakes3 pyflakes3 "${client[@]}"

check codespell codespell codespell --quiet-level=3 --ignore-words=tests/lint/codespell.txt \
	"${sources[@]}" "${headers[@]}" "${python[@]}" "${shell[@]}" README.md docs Makefile policies proto

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
