
# Seconds since boot: the wall clock may jump while we wait, when the time is synchronised.
now() {
  if read -r now_uptime now_idle </proc/uptime 2>/dev/null; then
    : "$now_idle"
    echo "${now_uptime%%.*}"
  else
    date +%s
  fi
}

# patience SECONDS: from here on retry gives up after so long.
patience() {
  DEADLINE=$(($(now) + $1))
}

# pause TENTHS: a wait that a signal ends at once, as it would not while sleep runs in the foreground. Nothing goes on waiting
# to register once the instance leaves.
pause() {
  {
    sleep "$(($1 / 10)).$(($1 % 10))" 2>/dev/null || sleep "$((($1 + 9) / 10))"
  } &
  wait "$!"
  if [ "$COMMAND" != deregister ] && [ -e "$RUN/leaving" ]; then
    [ "$COMMAND" != watch ] || exit 0
    die 'the instance leaves: stopped'
  fi
}

# below LIMIT: VALUE becomes a random whole number from 0 to LIMIT - 1.
below() {
  below_random=$(od -An -N4 -tu4 /dev/urandom | tr -d ' \n')
  VALUE=$((below_random % $1))
}

# retry COMMAND…: until it answers other than 2, or patience ends. Waits 1, 2, 4 … 60 seconds, each shortened at random
# so that instances that boot together do not call together; RETRY_AFTER is the server's own wish and always granted.
retry() {
  retry_window=10
  while :; do
    RETRY_AFTER=0
    "$@"
    retry_status=$?
    [ "$retry_status" -eq 2 ] || return "$retry_status"
    below "$((retry_window / 2 + 1))"
    retry_wait=$((retry_window / 2 + VALUE + RETRY_AFTER * 10))
    if [ "$(($(now) + retry_wait / 10))" -ge "$DEADLINE" ]; then
      say "$PROBLEM; giving up for now"
      return 2
    fi
    say "$PROBLEM; trying again in $((retry_wait / 10)).$((retry_wait % 10)) s"
    pause "$retry_wait"
    retry_window=$((retry_window * 2))
    [ "$retry_window" -le 600 ] || retry_window=600
  done
}
