#!/usr/bin/env bash
# Usage: check.sh BUILD
# Everything that must pass. A stage that fails does not stop the later ones, unless they need what it
# builds. Prints the time of each stage, the names of skipped tests, then of failed ones and, alone on
# the last line, "N passed, N failed, N skipped".
#
# Tests often wait, so two lanes of them run beside each other, each test that would disturb others
# alone (tests/support/alone.py). What needs nothing but a processor (linting, fuzzing) is done
# meanwhile, with a lower priority, so that it takes little away from them.
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

failed_names() { # NAME LOG: a line "FAILED test" for each test or check of a stage, else its name
	local found
	found=$(sed -nE -e '/^(FAILED|ERROR) /{s,^[A-Z]+ (tests/)?,FAILED tests/,;s, - .*,,;p}' \
		-e 's,^((lint|fuzz)/[^ ]+) +FAILED.*,FAILED \1,p' \
		-e 's,^ +not ok [0-9]+ - (.*),FAILED tests/unit: \1,p' \
		-e 's,^([^ ]+) .* [1-9][0-9]* failed\, .*\((.*)\)$,FAILED tests/unit/\1: \2,p' \
		-e 's,^.*(ERROR: AddressSanitizer.*|runtime error: .*),FAILED sanitizer: \1,p' "$2" | sort -u)
	echo "${found:-FAILED $1}"
}

count() { # NAME LOG STATUS SECONDS: of a stage that is over
	local name=$1 log=$2 status=$3 p f s
	read -r p f s <<<"$(totals "$log")"
	if [ -z "$p" ]; then
		p=$((status == 0)) f=$((status != 0)) s=0
	elif [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then
		f=1
	fi
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	printf '%-34s %5d passed, %d failed, %d skipped  %4d s\n' "$name" "$p" "$f" "$s" "$4"
	sed -n 's/^skipped: /  /p' "$log" >>"$names"
	if [ "$f" -ne 0 ]; then
		failures+=("$name: $log")
		tail -n 150 "$log" | sed 's/^/    /'
	fi
}

run() { # NAME COMMAND...: keeps its log, its status and its seconds; status of the command
	local name=$1 log=$logs/${1// /-}.log begin=$SECONDS status
	shift
	"$@" >"$log" 2>&1
	status=$?
	echo "$status $((SECONDS - begin))" >"$log.status"
	printf '... %s, %d s\n' "$name" $((SECONDS - begin))
	return $status
}

report() { # NAME...: what came of them; who did not get that far has failed
	local name log status seconds
	for name in "$@"; do
		log=$logs/${name// /-}.log
		if [ ! -e "$log.status" ]; then
			echo "did not come to its end" >>"$log"
			echo "1 0" >"$log.status"
		fi
		read -r status seconds <"$log.status"
		count "$name" "$log" "$status" "$seconds"
	done
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

# What needs only a processor: it takes what the tests leave.
lane_beside() {
	renice -n 10 -p $BASHPID >/dev/null
	run "lint" make_quietly lint BUILD="$build" WERROR=1
	run "fuzzing, briefly" make_quietly BUILD="$build" fuzz-short
}

unit_tests() {
	make_quietly -k BUILD="$sanitized" SANITIZE=address WERROR=1 test-unit
}

lane_one() {
	run "exported names" tests/lint/exports.sh "$build"
	run "integration tests" tests "$build" tests/integration
	run "Python client tests" tests "$build" tests/python
}

lane_two() {
	run "command line tests" tests "$build" tests/e2e
	run "security tests" tests "$build" tests/security
	run "unit tests (sanitized)" unit_tests
	run "build (sanitized)" build_sanitized &&
		run "integration tests (sanitized)" tests_sanitized
}

rm -f "$logs"/*.log "$logs"/*.status
ASSAY_TEST_LOCKS=$(mktemp -d) || exit 1
export ASSAY_TEST_LOCKS
trap 'rm -rf "$ASSAY_TEST_LOCKS"' EXIT
if run "build" make_quietly BUILD="$build" WERROR=1 all "$build/gen/assay_pb2.py"; then
	lane_beside &
	lane_two &
	lane_one
else
	run "lint" make_quietly lint BUILD="$build" WERROR=1
	run "unit tests (sanitized)" unit_tests
fi
wait
report "build" "exported names" "lint" "unit tests (sanitized)" "build (sanitized)" \
	"integration tests" "security tests" "command line tests" "Python client tests" \
	"integration tests (sanitized)" "fuzzing, briefly"

echo
printf 'in %d s, logs in %s\n' $((SECONDS - started)) "$logs"
[ -s "$names" ] && { echo "skipped:"; sort -u "$names"; }
if [ ${#failures[@]} -gt 0 ]; then
	echo "failed:"
	printf '  %s\n' "${failures[@]}"
	for failure in "${failures[@]}"; do
		failed_names "${failure%%: *}" "${failure#*: }"
	done | head -n 40
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
