# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Sourced by every part of "make check": result STATUS NAME [WHY], STATUS one of pass fail skip.
# One line for people, one for the sum in the file that AMP_RESULTS names. $failed counts our failures.

: "${AMP_RESULTS:=build/results}"
export AMP_RESULTS
mkdir -p "$(dirname "$AMP_RESULTS")"
failed=0

result()
{
	echo "$1 $2" >>"$AMP_RESULTS"
	echo "  $1  $2${3:+ ($3)}"
	[ "$1" != fail ] || failed=$((failed + 1))
}

# try NAME COMMAND...: passes with the command; what the command printed is shown only if it fails.
try()
{
	name=$1
	shift
	if said=$("$@" 2>&1); then
		result pass "$name"
	else
		result fail "$name"
		printf '%s\n' "$said" | sed 's/^/        /'
	fi
}
