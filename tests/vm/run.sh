#!/usr/bin/env bash
# Usage: run.sh BUILD [MODE...]
# The tests of the box under Debian's own kernel with cgroup v2, in a small virtual machine that needs
# neither hardware support nor a disk nor a network. Its root is the one of this machine, read-only,
# with a file system in memory over it, so what is built here runs there and nothing here changes.
#
#   run.sh        makes an initramfs and starts the machine            (here)
#   init          loads modules, mounts this machine's root, leaves    (there, from the initramfs)
#   inside.sh     runs the tests of each mode, as the mode's user      (there)
#   modes.sh      what the modes are, and which tests they have        (there)
#
# The processor is emulated, which takes a lot of time. `nice` it where others work.
#
# MODE: see modes.sh; all of them if none is named. Status 0 if nothing failed, 3 if this machine lacks
# a package (named). ASSAY_VM_KERNEL is a folder with boot/ and lib/modules/ of the kernel to use, if it
# is not installed here. ASSAY_VM_TESTS are pytest's arguments instead of the mode's own tests.
set -u

build=$(realpath "${1:?usage: run.sh BUILD [MODE...]}")
shift
here=$(cd "$(dirname "$0")" && pwd)
checkout=$(realpath "$here/../..")
shared=$(realpath -m "${ASSAY_SHARED:-$checkout/../shared}")
kernel_root=${ASSAY_VM_KERNEL:-}
work=$build/vm
console=$work/console.log
memory_mib=3072
# shellcheck source=tests/vm/modes.sh
. "$here/modes.sh"
longest=2h
modules='virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci netfs fscache
	9pnet 9pnet_virtio 9p overlay'

newest_kernel() { # the newest with modules, below $1; nothing if there is none
	local image version
	for image in $(printf '%s\n' "$1"/boot/vmlinuz-* | sort -rV); do
		version=${image##*/vmlinuz-}
		[ -f "$image" ] && [ -n "$(module_file "$1" "$version" 9pnet_virtio)" ] &&
			echo "$version" && return
	done
}

module_file() { # ROOT VERSION NAME
	find "$1/lib/modules/$2" -name "$3.ko" -o -name "$3.ko.xz" 2>/dev/null | head -n 1
}

missing_packages() {
	command -v qemu-system-x86_64 >/dev/null || echo qemu-system-x86
	[ -n "$version" ] || echo linux-image-amd64
	{ command -v busybox && busybox --list | grep -qx switch_root; } >/dev/null || echo busybox-static
	command -v cpio >/dev/null || echo cpio
}

make_initramfs() {
	local root=$work/initramfs name file
	rm -rf "$root" && mkdir -p "$root"/{bin,modules,proc,sys,dev,host,memory,root} || return
	cp "$(command -v busybox)" "$root/bin/busybox" && cp "$here/init" "$root/init" &&
		mkdir "$root/vm" && cp "$here/inside.sh" "$here/modes.sh" "$root/vm/" || return
	for name in $modules; do
		file=$(module_file "$kernel_root" "$version" "$name")
		case $file in
		'') echo "no module $name for $version" >&2 && return 1 ;;
		*.xz) xz -dc "$file" >"$root/modules/$name.ko" ;;
		*) cp "$file" "$root/modules/" ;;
		esac || return
	done
	cat >"$root/vm/settings" <<-END
		checkout='$checkout'
		build='$build'
		shared='$shared'
		modes='$modes'
		tests='${ASSAY_VM_TESTS:-}'
	END
	(cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/initramfs.gz"
}

start_machine() {
	timeout --foreground "$longest" qemu-system-x86_64 \
		-M q35 -cpu max,-la57 -accel tcg,thread=multi -smp 2 -m "$memory_mib" \
		-nodefaults -nographic -no-reboot -serial stdio -monitor none \
		-virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
		-kernel "$kernel_root/boot/vmlinuz-$version" -initrd "$work/initramfs.gz" \
		-append "console=ttyS0 quiet panic=-1 mitigations=off nowatchdog" </dev/null >"$console"
}

# What the console says of each mode, and all together on the last line, as tests/check.sh wants it.
report() {
	awk -v describe="$(for mode in $modes; do echo "$mode=$(describe "$mode")"; done)" '
		BEGIN { n = split(describe, lines, "\n")
			for (i = 1; i <= n; i++) { at = index(lines[i], "=")
				who[substr(lines[i], 1, at - 1)] = substr(lines[i], at + 1) } }
		{ sub(/\r$/, "") }
		/^=== / { mode = $2 }
		mode && /^skipped: / { sub(/^skipped: /, "skipped: in the virtual machine, " mode ": "); print }
		mode && /^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ {
			said[mode] = $0; p += $1; f += $3; s += $5 }
		/^--- / { if (!(mode in said)) { said[mode] = "no result"; f++ }
			print "  as " who[mode] ": " said[mode] ", in " $2 " s" }
		END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 }' "$console"
}

modes=${*:-$all_modes}
for mode in $modes; do
	describe "$mode" >/dev/null || { echo "$mode is none of: $all_modes" >&2 && exit 2; }
done
version=$(newest_kernel "$kernel_root")
missing=$(missing_packages | xargs)
if [ -n "$missing" ]; then
	echo "the virtual machine needs: $missing"
	echo "install with: make deps-vm (or sudo apt-get install -y --no-install-recommends $missing)"
	exit 3
fi
mkdir -p "$work" && make_initramfs || exit 1
echo "kernel $version; the machine's console is $console"
start_machine
if ! tr -d '\r' <"$console" | grep -qx 'the machine has done its work'; then
	tail -n 50 "$console"
	echo "the machine ended early"
	exit 1
fi
grep -q -a '^FAILED\|^ERROR' "$console" && sed -n '/^=== /,$p' "$console"
report
