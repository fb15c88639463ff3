# Sourced after common.sh: builds a preset of CMakePresets.json without exhausting a small machine.
# shellcheck shell=bash

# How many compilers may run at once: one a core, but each needs up to 1 GiB, and a 1 GB Pi must survive it.
build_jobs() {
    local cores gigabytes jobs
    cores=$(nproc)
    gigabytes=$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo)
    jobs=$((cores < gigabytes ? cores : gigabytes))
    echo $((jobs < 1 ? 1 : jobs))
}

# build_preset PRESET [TARGET...]: configures and builds build/PRESET; on failure says what failed, and returns 1.
build_preset() {
    local preset=$1 jobs log
    shift
    jobs=$(build_jobs)
    log="$ROOT/build/$preset/configure.log"
    mkdir -p "${log%/*}"
    if ! (cd "$ROOT" && cmake --preset "$preset") >"$log" 2>&1 </dev/null; then
        tail -n 30 "$log" >&2
        complain "cannot configure the preset $preset; the whole output is in $log"
        return 1
    fi
    local command=(cmake --build "$ROOT/build/$preset" -j "$jobs")
    if [ $# -gt 0 ]; then command+=(--target "$@"); fi
    # A terminal shows ninja's one moving line; a log file would get hundreds.
    if [ ! -t 1 ]; then command+=(-- --quiet); fi
    say "building build/$preset, $jobs at a time; the first time takes minutes, on a small Pi many"
    if ! "${command[@]}" </dev/null; then
        complain "the build of the preset $preset failed; see above"
        return 1
    fi
}
