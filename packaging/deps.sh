#!/bin/sh
# Usage: deps.sh [vm|bench]
# The Debian packages that building and testing need, with "vm" also those of `make check-vm`, with
# "bench" what `make bench` leaves out where it is missing. Silent
# and quick when all are there; as root installs what is missing; as an ordinary user says what is
# missing and how to get it (status 1).
set -eu

packages='
	build-essential pkg-config protobuf-c-compiler protobuf-compiler
	libseccomp-dev libcap-dev libevent-dev libprotobuf-c-dev libcyaml-dev libjansson-dev zlib1g-dev
	libsmartcols-dev libcurl4-openssl-dev libcmocka-dev libbsd-dev uthash-dev nettle-dev
	python3 python3-dev python3-pytest python3-hypothesis python3-protobuf python3-numpy mypy pyflakes3
	clang clang-14 libclang-rt-14-dev clang-format clang-tidy cppcheck shellcheck codespell
	bubblewrap util-linux binutils procps git ca-certificates
'
[ "${1:-}" != vm ] || packages="$packages qemu-system-x86 linux-image-amd64 busybox-static cpio"
[ "${1:-}" != bench ] || packages="$packages gnuplot-nox runc"

# The names of those that are not installed, on one line.
missing_packages() {
	# shellcheck disable=SC2086 # a list of words
	installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' $packages 2>/dev/null || true)
	missing=
	for package in $packages; do
		case "
$installed
" in
		*"
$package installed
"*) ;;
		*) missing="$missing $package" ;;
		esac
	done
	echo "${missing# }"
}

if ! command -v dpkg-query >/dev/null; then
	echo "deps: this is not a Debian system; needed, under Debian's names:" >&2
	# shellcheck disable=SC2086
	echo "deps:" $packages >&2
	exit 0
fi

missing=$(missing_packages)
if [ -z "$missing" ]; then
	exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "deps: missing: $missing" >&2
	echo "deps: install with: sudo apt-get update && sudo apt-get install -y --no-install-recommends $missing" >&2
	exit 1
fi
echo "deps: installing $missing" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
# shellcheck disable=SC2086
apt-get -qq -y --no-install-recommends install $missing >/dev/null
