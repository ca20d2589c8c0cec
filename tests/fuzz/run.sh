#!/usr/bin/env bash
# Usage: run.sh SECONDS PROGRAM...
# Runs each libFuzzer program for SECONDS, as many at a time as there are processors, starting from
# tests/fuzz/corpus/<name>. What it learns is kept beside the program (PROGRAM.corpus), never in the
# source tree; inputs that broke something are kept there too (PROGRAM.found/). The last line is
# "N passed, N failed, N skipped".
set -u

seconds=${1:?usage: run.sh SECONDS PROGRAM...}
shift
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0

fuzz() { # PROGRAM: says how it went; nothing else may be said in between
	local program=$1 name log units
	name=$(basename "$program" _fuzz) log=$program.log
	local corpora=("$program.corpus")
	mkdir -p "$program.corpus" "$program.found"
	[ -d "$here/corpus/$name" ] && corpora+=("$here/corpus/$name")
	if "$program" -max_total_time="$seconds" -rss_limit_mb=1024 -timeout=60 -max_len=65536 \
		-print_final_stats=1 -artifact_prefix="$program.found/" "${corpora[@]}" >"$log" 2>&1; then
		units=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
		printf 'fuzz/%-19s ok, %s inputs in %s s\n' "$name" "${units:-?}" "$seconds"
	else
		printf 'fuzz/%-19s FAILED, the input is in %s\n%s\n' "$name" "$program.found" \
			"$(tail -n 60 "$log" | sed 's/^/    /')"
	fi >"$program.said"
}

for program in "$@"; do
	[ "$(jobs -r | wc -l)" -lt "$(nproc)" ] || wait -n
	fuzz "$program" &
done
wait
for program in "$@"; do
	cat "$program.said"
	if grep -q '^fuzz/.* ok, ' "$program.said"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
done

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
