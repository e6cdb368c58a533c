# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Sourced by every part of "make check": result STATUS NAME [WHY], STATUS one of pass fail skip.
# One line for people, one for the sum in the file that AMP_RESULTS names. $failed counts our failures.

: "${AMP_RESULTS:=$PWD/build/results}"
export AMP_RESULTS
mkdir -p "$(dirname "$AMP_RESULTS")"
failed=0

result()
{
	echo "$1 $2" >>"$AMP_RESULTS"
	case $1 in
	pass) echo "ok   $2" ;;
	skip) echo "skip $2${3:+  ($3)}" ;;
	*)
		failed=$((failed + 1))
		echo "FAIL $2"
		printf '%s\n' "$3" | sed 's/^/       /; 40q'
		;;
	esac
}

# try NAME COMMAND...: passes with the command; what the command printed is shown only if it fails.
try()
{
	name=$1
	shift
	if said=$("$@" 2>&1); then
		result pass "$name"
	else
		result fail "$name" "$said"
	fi
}
