# Sourced by scripts/*: where the project is, and how its scripts talk to people.
# shellcheck shell=bash

# shellcheck disable=SC2034  # for whoever sources this
ROOT=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)

# Bold headings on a terminal, plain text everywhere else.
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
    BOLD=$'\e[1m' PLAIN=$'\e[0m'
else
    BOLD='' PLAIN=''
fi

heading() { printf '\n%s== %s%s\n' "$BOLD" "$*" "$PLAIN"; }
say() { printf '%s\n' "$@"; }
complain() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
