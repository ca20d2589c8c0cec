#!/usr/bin/env bash
# Usage: run.sh SECONDS PROGRAM...
# Runs each libFuzzer program for SECONDS, starting from tests/fuzz/corpus/<name>. What it learns is
# kept beside the program (PROGRAM.corpus), never in the source tree; inputs that broke something are
# kept there too (PROGRAM.found/). The last line is "N passed, N failed, N skipped".
set -u

seconds=${1:?usage: run.sh SECONDS PROGRAM...}
shift
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0

for program in "$@"; do
	name=$(basename "$program" _fuzz)
	learned=$program.corpus found=$program.found log=$program.log
	mkdir -p "$learned" "$found"
	corpora=("$learned")
	[ -d "$here/corpus/$name" ] && corpora+=("$here/corpus/$name")
	if "$program" -max_total_time="$seconds" -rss_limit_mb=1024 -timeout=10 -max_len=65536 \
		-print_final_stats=1 -artifact_prefix="$found/" "${corpora[@]}" >"$log" 2>&1; then
		units=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
		printf '%-24s ok, %s inputs in %s s\n' "fuzz/$name" "${units:-?}" "$seconds"
		passed=$((passed + 1))
	else
		printf '%-24s FAILED, the input is in %s\n' "fuzz/$name" "$found"
		tail -n 60 "$log" | sed 's/^/    /'
		failed=$((failed + 1))
	fi
done

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
