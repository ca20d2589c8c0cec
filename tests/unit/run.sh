#!/usr/bin/env bash
# Runs unit test programs (cmocka) one after the other: a line for each, the output of those that
# failed, and the totals as "N passed, N failed, N skipped" on the last line. A program that crashes
# counts as one more failure, and so does one that ran no test.
set -u

passed=0 failed=0 skipped=0
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:strict_string_checks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}

count() { grep -cE "$1" "$log"; }

for program in "$@"; do
	timeout 120 "$program" >"$log" 2>&1
	status=$?
	skips=$(count '^(not )?ok [0-9]+ # SKIP')
	passes=$(( $(count '^ok [0-9]+') - $(count '^ok [0-9]+ # SKIP') ))
	fails=$(( $(count '^not ok [0-9]+') - $(count '^not ok [0-9]+ # SKIP') ))
	name=${program##*/unit/}
	note=
	if [ "$fails" -eq 0 ] && [ "$status" -ne 0 ]; then
		fails=1 note=" (ended with status $status)"
	elif [ $((passes + fails + skips)) -eq 0 ]; then
		fails=1 note=" (no test ran)"
	fi
	printf '%-36s %4d passed, %d failed, %d skipped%s\n' "$name" "$passes" "$fails" "$skips" "$note"
	[ "$fails" -eq 0 ] || sed 's/^/    /' "$log"
	sed -nE "s,^(not )?ok [0-9]+ # SKIP (.*),skipped: unit/$name: \\2,p" "$log"
	passed=$((passed + passes)) failed=$((failed + fails)) skipped=$((skipped + skips))
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ $((passed + skipped)) -gt 0 ]
