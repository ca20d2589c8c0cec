#!/bin/sh
# What assay does, in a minute: judges the reference solutions of the sample tasks, then candidates
# of which each is labelled with the verdict that it must get, among them endless loops, programs
# that never stop printing and such that leave early. A private daemon is started for each run. Status 1:
# a verdict is not what its label says.
#
# usage: demo.sh BUILD_DIRECTORY
set -eu

if [ $# -ne 1 ] || [ ! -x "$1/assay" ]; then
	echo "usage: $0 BUILD_DIRECTORY (which holds the program assay)" >&2
	exit 2
fi
assay=$1/assay
data=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
trap 'exit 130' INT
trap 'exit 143' TERM

heading() {
	if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
		printf '\n\033[1m%s\033[0m\n\n' "$1"
	else
		printf '\n%s\n\n' "$1"
	fi
}

heading "1. The reference solutions of $(wc -l <"$data/tasks.jsonl") tasks: all have to pass"
"$assay" suite "$data/tasks.jsonl" --reference

heading "2. $(wc -l <"$data/candidates.jsonl") candidates, right, wrong and hostile, each labelled"
"$assay" suite "$data/tasks.jsonl" "$data/candidates.jsonl" --k 1 \
	--limits cpu_ms=1000,wall_ms=6000,memory_bytes=134217728 --out "$work/results.jsonl" || status=$?

heading "3. One line of the result file, as openai/human-eval writes it"
grep -m 1 '"passed": false' "$work/results.jsonl"

heading "Next: $assay --help, or your own code: $assay run solution.py --tests tests.py"
exit "$status"
