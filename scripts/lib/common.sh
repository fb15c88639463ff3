# Shared by the scripts: where we are, how we speak, how many jobs a build may use. Sourced, never run.
# shellcheck shell=bash

PNCP_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '%s\n' "$*"; }
fail() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# min(cores, available memory in GiB), at least 1: the largest source file takes most of a GiB, and a 1 GB Pi must survive.
build_jobs() {
    local cores memory
    cores=$(nproc 2>/dev/null || echo 1)
    memory=$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo 2>/dev/null || echo 1)
    [ "${memory:-0}" -ge 1 ] || memory=1
    if [ "$cores" -lt "$memory" ]; then echo "$cores"; else echo "$memory"; fi
}

# build_preset PRESET [TARGET...]: configures when needed and builds in build/PRESET.
build_preset() {
    local preset=$1
    shift
    local targets=()
    [ $# -eq 0 ] || targets=(--target "$@")
    say "building ($preset, $(build_jobs) jobs) ..."
    (cd "$PNCP_ROOT" && cmake --preset "$preset" >"$PNCP_ROOT/build/$preset-configure.log" 2>&1) || {
        tail -n 20 "$PNCP_ROOT/build/$preset-configure.log" >&2
        fail "configuring failed; the whole log is in build/$preset-configure.log"
    }
    (cd "$PNCP_ROOT" && cmake --build --preset "$preset" -j "$(build_jobs)" "${targets[@]}") ||
        fail "the build failed (see above)"
}
