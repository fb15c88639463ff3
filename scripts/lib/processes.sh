# Sourced after common.sh: starts processes, notices those that die, and stops them all. Also across scripts: the list
# in the file PROCESSES, one `name pid start-time` a line, is enough to find and stop what an earlier run left.
# The caller sets PROCESSES (the list) and LOGS (a folder for NAME.log) first.
# shellcheck shell=bash

# start_time PID: sets STARTED to its start time in clock ticks since boot; to nothing if there is none, or it has ended
# and waits to be reaped. With it a process number that was given out again is not taken for the old process. No
# subshell, which a Ctrl-C would kill.
start_time() {
    local line
    STARTED=
    { IFS= read -r line <"/proc/$1/stat"; } 2>/dev/null || return 0
    read -r -a line <<<"${line##*) }"
    if [ "${line[0]}" != Z ] && [ "${line[0]}" != X ]; then STARTED=${line[19]}; fi
}

# note_process NAME PID: from now on it is watched, and stopped with the others.
note_process() {
    start_time "$2"
    echo "$1 $2 $STARTED" >>"$PROCESSES"
}

# The caller's traps call this. A process that was just started is noted before we leave, or nobody would stop it.
STARTING=0 PENDING_SIGNAL=
exit_on_signal() {
    if [ "$STARTING" -eq 1 ]; then PENDING_SIGNAL=$1; else exit $((128 + $1)); fi
}

# start NAME COMMAND...: in the background, its output in $LOGS/NAME.log. A session of its own, so that neither Ctrl-C
# nor the end of the terminal reaches it behind our back; and without descriptor 8, the caller's lock.
start() {
    local name=$1
    shift
    STARTING=1
    setsid "$@" >>"$LOGS/$name.log" 2>&1 </dev/null 8>&- &
    note_process "$name" $!
    STARTING=0
    if [ -n "$PENDING_SIGNAL" ]; then exit_on_signal "$PENDING_SIGNAL"; fi
}

# The lines of the list whose process runs, or with `ended` those whose process does not.
running() {
    local name pid began
    [ -f "$PROCESSES" ] || return 0
    while read -r name pid began; do
        start_time "$pid"
        if [ -n "$STARTED" ] && [ "$STARTED" = "$began" ]; then
            [ "${1:-}" = ended ] || echo "$name $pid"
        else
            [ "${1:-}" != ended ] || echo "$name $pid"
        fi
    done <"$PROCESSES"
}

# pids_of PATTERN: the numbers of running processes whose name matches.
pids_of() {
    local name pid
    running | while read -r name pid; do
        # shellcheck disable=SC2053  # a pattern is meant
        if [[ $name == $1 ]]; then echo "$pid"; fi
    done
}

# stop_matching PATTERN: TERM, at most 10 s of patience, then KILL; waits until they are gone.
stop_matching() {
    local pids pid killed=0 deadline=$((SECONDS + 10))
    mapfile -t pids < <(pids_of "$1")
    for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
    while [ -n "$(pids_of "$1")" ]; do
        if ((SECONDS >= deadline)); then
            mapfile -t pids < <(pids_of "$1")
            if [ "$killed" -eq 1 ]; then
                complain "could not stop the processes ${pids[*]} of ${PROCESSES%/*}; whose are they?"
                return 1
            fi
            killed=1
            complain "killing what did not stop within 10 s: processes ${pids[*]}; see the logs in $LOGS"
            for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
            deadline=$((SECONDS + 5))
        fi
        sleep 0.05
    done
}

# Stops everything, those first that would complain about the absence of the others.
stop_all() {
    local pattern _ pid
    for pattern in 'pi-*' 'log-writer' 'bridge' 'broker' '*'; do stop_matching "$pattern"; done
    # Children of this shell are reaped; those of an earlier one belong to init.
    [ -f "$PROCESSES" ] || return 0
    while read -r _ pid _; do wait "$pid" 2>/dev/null || true; done <"$PROCESSES"
    rm -f "$PROCESSES"
}

# The end of NAME's log, indented.
show_log() {
    say "the end of $LOGS/$1.log:" >&2
    tail -n "${2:-15}" "$LOGS/$1.log" 2>/dev/null | sed 's/^/    /' >&2
}

# Returns 1 and says so if a process ended by itself.
all_run() {
    local name pid rest code=0
    rest=$(running ended)
    [ -n "$rest" ] || return 0
    while read -r name pid; do
        wait "$pid" 2>/dev/null || code=$?
        complain "$name ended by itself (exit code $code)"
        show_log "$name"
    done <<<"$rest"
    return 1
}

# await SECONDS WHAT COMMAND...: until COMMAND succeeds. Returns 1, with a reason and the logs, at the deadline or as
# soon as a process has died.
await() {
    local seconds=$1 what=$2 deadline name _
    shift 2
    deadline=$((SECONDS + seconds))
    # Its output is swallowed in a subshell, so that a trap of ours that runs meanwhile still has its own.
    until _=$("$@" 2>&1); do
        all_run || return 1
        if ((SECONDS >= deadline)); then
            complain "waited $seconds s in vain for $what"
            running | while read -r name _; do show_log "$name" 5; done
            return 1
        fi
        sleep 0.1
    done
}
