#!/usr/bin/env bash
# Usage: check.sh BUILD
# Everything that must pass, in the order in which a mistake is cheapest to find. A stage that fails
# does not stop the later ones, unless they need what it builds. Prints the time of each stage, the
# names of skipped tests and, alone on the last line, "N passed, N failed, N skipped".
#
# Sanitized programs are built into BUILD-asan. Their keeper is the plain one: from its fork on it
# is the inside of a cell, where AddressSanitizer fights rlimits, seccomp and clone.
set -u

build=${1:?usage: check.sh BUILD}
cd "$(dirname "$0")/.." || exit 1
sanitized=$build-asan
passed=0 failed=0 skipped=0
failures=()
logs=$build/check
names=$logs/skipped
jobs=$(nproc)
python=${PYTHON:-/usr/bin/python3}
mkdir -p "$logs" && : >"$names" || exit 1
started=$SECONDS

totals() { # of a log: the sums of its "N passed, N failed, N skipped" lines, else nothing
	sed -nE 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' "$1" |
		awk '{p += $1; f += $2; s += $3} END {if (NR) print p, f, s}'
}

stage() { # NAME COMMAND...: runs it; status of the command
	local name=$1 log begin=$SECONDS status p f s
	shift
	log=$logs/${name// /-}.log
	printf '%-34s ' "$name"
	"$@" >"$log" 2>&1
	status=$?
	read -r p f s <<<"$(totals "$log")"
	if [ -z "$p" ]; then
		p=$((status == 0)) f=$((status != 0)) s=0
	elif [ $status -ne 0 ] && [ "$f" -eq 0 ]; then
		f=1
	fi
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	printf '%5d passed, %d failed, %d skipped  %4d s\n' "$p" "$f" "$s" $((SECONDS - begin))
	sed -n 's/^skipped: /  /p' "$log" >>"$names"
	if [ "$f" -ne 0 ]; then
		failures+=("$name: $log")
		tail -n 150 "$log" | sed 's/^/    /'
	fi
	return $status
}

make_quietly() {
	make --no-print-directory -s -j "$jobs" "$@"
}

tests() { # BUILD FOLDER...
	local from=$1
	shift
	ASSAY_BUILD=$(realpath "$from") "$python" -m pytest -q --durations=5 "$@"
}

# The sanitized programs beside the plain keeper and runtime.
build_sanitized() {
	make_quietly BUILD="$sanitized" SANITIZE=address all "$sanitized/gen/assay_pb2.py" &&
		cp "$build/assay-keeper" "$sanitized/assay-keeper"
}

# Reports of the sanitizers go to files, because the daemon's own stderr belongs to the tests; to a
# folder that the broker's user may write to.
tests_sanitized() {
	local reports status
	reports=$(mktemp -d) && chmod 1777 "$reports" || return 1
	ASAN_OPTIONS="log_path=$reports/report:detect_leaks=0:abort_on_error=1" \
		UBSAN_OPTIONS="log_path=$reports/report:print_stacktrace=1" \
		tests "$sanitized" tests/integration -m "not once"
	status=$?
	cat "$reports"/* 2>/dev/null && status=1
	rm -rf "$reports"
	return $status
}

stage "lint" make_quietly lint BUILD="$build" WERROR=1
stage "unit tests (sanitized)" make_quietly -k BUILD="$sanitized" SANITIZE=address WERROR=1 test-unit
if stage "build" make_quietly BUILD="$build" WERROR=1 all "$build/gen/assay_pb2.py"; then
	stage "exported names" tests/lint/exports.sh "$build"
	stage "integration tests" tests "$build" tests/integration
	stage "security tests" tests "$build" tests/security
	stage "command line tests" tests "$build" tests/e2e
	stage "Python client tests" tests "$build" tests/python
	if stage "build (sanitized)" build_sanitized; then
		stage "integration tests (sanitized)" tests_sanitized
	fi
fi
stage "fuzzing, briefly" make_quietly BUILD="$build" fuzz-short

echo
printf 'in %d s, logs in %s\n' $((SECONDS - started)) "$logs"
[ -s "$names" ] && { echo "skipped:"; sort -u "$names"; }
[ ${#failures[@]} -gt 0 ] && { echo "failed:"; printf '  %s\n' "${failures[@]}"; }
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
