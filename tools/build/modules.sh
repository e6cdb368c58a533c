# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Sourced, after results.sh.

# modules NAME ARCH COMPILER [FRAGMENT]...: all modules compile against a prepared kernel (see prepared) without a warning
# and through the gate; a second time nothing is compiled.
modules()
{
	name=$1 arch=$2 compiler=$3
	shift 3
	if ! command -v "$compiler" >/dev/null; then
		result skip "build: $name" "no $compiler here"
		return
	fi
	if ! kernel=$(unset KDIR; tools/build/prepared "$arch" "$compiler" "$@" 2>&1); then
		result fail "build: $name" "$kernel"
		return
	fi
	out=$PWD/build/check/${LINUX_REMOTE_KERNEL:+$LINUX_REMOTE_KERNEL-}$arch-$compiler${1:+-$1}
	# shellcheck disable=SC2046
	set -- nice make -j"$(nproc)" KDIR="$kernel" OUT="$out" KBUILD_MODPOST_WARN=1 $(tools/build/tools-for "$arch" "$compiler")
	mkdir -p "$out"
	if ! "$@" >"$out/log" 2>&1; then
		result fail "build: $name" "$(grep -E 'error: |ERROR: |warning: |No rule|\.o: [a-z_-]+: ' "$out/log" | head -n 12)
all of it is in $out/log"
	elif said=$(grep -E 'warning: |objtool: ' "$out/log" | grep -v 'the compiler differs'); then
		result fail "build: $name" "$said"
		rm -rf "$out/drivers" # else the next build would not say it again
	elif ! ls "$out"/drivers/*/*.gate >/dev/null 2>&1; then
		result fail "build: $name" 'the gate saw no module'
	elif said=$("$@" 2>&1 | grep -E '^  (CC|CXX|LD|GATE) '); then
		result fail "build: $name" "a second make should have nothing to do, but did:
$said"
	else
		result pass "build: $name"
	fi
}
