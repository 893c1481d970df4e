# shellcheck shell=bash
# Suites of .ci/run: each runs under a time limit, its log and its result are kept, and all are summed up at the end.
# Source it; do not run it.

: "${LOGS:?}" "${ALLOWED_SECONDS:?}"
RESULTS=() # one line a suite
FAILED=0
STARTED=$SECONDS
RUNNING="" # the suite's process, for clean_up

# suite NAME SECONDS COMMAND...   a check that speaks by its exit status
suite() {
  timed "$@"
  keep "$1" "$CODE" "$WORDS"
}

# pytests NAME SECONDS COMMAND...   a run of pytest: its last line goes into the summary
pytests() {
  local last
  timed "$@"
  last=$(grep -E '[0-9]+ (passed|failed|errors?|skipped|deselected)\b.* in |no tests ran' "$LOGS/$1.log" | tail -n 1)
  [[ $last =~ [0-9]+\ passed ]] || CODE=1
  # All that a suite needs was installed for it: a test that skips itself here would never run anywhere.
  [[ $last =~ [0-9]+\ skipped ]] && CODE=1
  keep "$1" "$CODE" "${WORDS:+$WORDS; }$last"
}

# cannot NAME WORDS   a suite that could not be started at all
cannot() {
  printf '\n=== %s\nCannot run: %s\n' "$1" "$2"
  TOOK=0
  keep "$1" 1 "$2"
}

# timed NAME SECONDS COMMAND...   run it, show what it prints; its outcome in CODE, WORDS and TOOK
timed() {
  local name=$1 limit=$2 left=$((ALLOWED_SECONDS - (SECONDS - STARTED))) began=$SECONDS log=$LOGS/$1.log
  shift 2
  printf '\n=== %s\n' "$name"
  TOOK=0 CODE=1 WORDS="not run: the time for the whole check is used up"
  : >"$log"
  ((left > 15)) || return 0
  ((limit < left)) || limit=$left
  # In the background, so that a signal to this script is heard at once.
  timeout --kill-after=20 "$limit" "$@" >"$log" 2>&1 &
  RUNNING=$!
  tail -n +1 -s 0.2 -f --pid="$RUNNING" "$log" &
  wait "$RUNNING"
  CODE=$?
  RUNNING=""
  wait $!
  TOOK=$((SECONDS - began)) WORDS=""
  case $CODE in
    0) ;;
    124 | 137) WORDS="stopped after $limit s" ;;
    *) WORDS="exit status $CODE" ;;
  esac
}

# keep NAME CODE WORDS
keep() {
  local verdict=ok
  [ "$2" = 0 ] || verdict=FAILED FAILED=1
  RESULTS+=("$(printf '%-6s  %-15s %5s s  %s' "$verdict" "$1" "$TOOK" "$3")")
}

summary() {
  printf '\n=== Summary after %s s\n' $((SECONDS - STARTED))
  printf '%s\n' "${RESULTS[@]}"
  if [ "$FAILED" = 0 ]; then echo "All suites passed."; else echo "At least one suite failed."; fi
}
