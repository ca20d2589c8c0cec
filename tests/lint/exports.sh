#!/bin/sh
# exports.sh [BUILD]: assay.h, libassay.map and the symbols of the built libassay.so.0 name the same
# functions. A name that is only in the header cannot be linked; one that is only in the library
# would become a promise that nobody wrote down.
set -eu

build=${1:-build}
root=$(cd "$(dirname "$0")/../.." && pwd)
library=$build/libassay.so.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

test -e "$library" || {
	echo "exports.sh: $library is not built" >&2
	exit 1
}

${CC:-cc} -E -P -I"$root/include" "$root/include/assay/assay.h" |
	grep -oE '\bassay_[a-z0-9_]+ ?\(' | tr -d ' (' | sort -u >"$work/header"
grep -oE '^[[:space:]]+[a-z_][a-z0-9_]*;' "$root/client/lib/libassay.map" | tr -d ' \t;' |
	sort >"$work/map"
nm -D --defined-only "$library" | awk '$2 == "T" { sub(/@@ASSAY_0$/, "", $3); print $3 }' |
	sort >"$work/library"
# Anything exported that is not a function of ours, but for the name of the version itself.
nm -D --defined-only "$library" | awk '$2 != "T" && $3 != "ASSAY_0" && $3 != "ASSAY_0@@ASSAY_0"' \
	>"$work/others"

status=0
for other in map library; do
	if ! diff -u --label assay.h --label "$other" "$work/header" "$work/$other"; then
		echo "exports.sh: assay.h and the $other differ" >&2
		status=1
	fi
done
if [ -s "$work/others" ]; then
	echo "exports.sh: exported, but no function of assay.h:" >&2
	cat "$work/others" >&2
	status=1
fi
[ -s "$work/header" ] || status=1
[ $status -ne 0 ] || echo "exports.sh: $(wc -l <"$work/header") functions, the same everywhere"
exit $status
