
# say TEXT: to standard output (the journal and the console), to the log file, and to syslog where the journal does not
# take care of that. Never called with a secret.
say() {
  say_line="$(date -u +%Y-%m-%dT%H:%M:%SZ) $1"
  printf 'mcd-registration: %s\n' "$1"
  printf '%s\n' "$say_line" >>"$LOG"
  if [ -z "$ROOT" ] && [ -z "${JOURNAL_STREAM-}" ] && command -v logger >/dev/null 2>&1; then
    logger -t mcd-registration -- "$1"
  fi
}

# die TEXT: for what no repetition mends.
die() {
  say "$1"
  exit 1
}

# Two files of a megabyte at most.
trim_log() {
  if [ -n "$(find "$LOG" -size +2048 2>/dev/null)" ]; then
    mv -f "$LOG" "$LOG.1"
  fi
}
