
register() {
  rm -f "$RUN/leaving" "$RUN/said-"*
  patience "$REGISTER_PATIENCE"
  retry find_self || die "not registered: $PROBLEM"
  say "$INSTANCE on $CLOUD, group $MCD_GROUP of fleet $MCD_FLEET"
  wait_for_service || die "not registered: $PROBLEM"
  "${CLOUD}_start_delay"
  pause "$VALUE"
  retry each_name register_name || FAILED=yes
  [ "$FAILED" = no ]
}

register_name() {
  find_address || return $?
  may_enter || return $?
  if [ "$HELD" = yes ]; then
    # mcd puts it back by itself, and a shutdown may come before the timer has seen that.
    remember held
    return 0
  fi
  enter
}

check() {
  [ ! -e "$RUN/leaving" ] || return 0
  patience "$CHECK_PATIENCE"
  retry find_self || return 1
  retry each_name check_name || FAILED=yes
  [ "$FAILED" = no ]
}

check_name() {
  find_address || return $?
  recorded address
  [ "$VALUE" != "$ADDRESSES" ] || ! looked_lately || return 0
  "${VENDOR}_own" || return $?
  compare_own
  check_own=$VALUE
  case $check_own in
  missing*) ;;
  *)
    # TTL and the like are mcd's affair: two who put them right would never agree.
    if [ "$check_own" = extra ]; then
      "${VENDOR}_remove" "$ADDRESSES" || return $?
    fi
    rejoin_service || return $?
    remember entered
    return 0
    ;;
  esac
  may_enter || return $?
  if [ "$HELD" = no ] && service_is_well; then
    say "$NAME on $VENDOR: $ADDRESSES is not there; entering it again"
    rm -f "$RUN/said-$VENDOR-$NAME"
    enter
    return
  fi
  [ "$HELD" = yes ] || say_once "$NAME on $VENDOR: $PROBLEM; not entering"
  # What stands there under our mark is an address we no longer have.
  [ ! -s "$OWN" ] || take_out
}

# Whether the vendor was asked within AT_MOST_EVERY minutes and all was well. A fleet of hundreds asking every minute would use
# up its account's calls (CloudFlare: 1,200 in five minutes; Route53: five a second), the operator's among them.
looked_lately() {
  [ -n "$AT_MOST_EVERY" ] && grep -q '^state=entered$' "$RECORD" 2>/dev/null &&
    [ -n "$(find "$RECORD" -mmin "-$AT_MOST_EVERY")" ]
}

deregister() {
  if ! recall_self; then
    say 'nothing was entered since boot'
    return 0
  fi
  patience "$DEREGISTER_PATIENCE"
  retry each_name deregister_name || FAILED=yes
  [ "$FAILED" = no ]
}

deregister_name() {
  recorded address
  ADDRESSES=$VALUE
  [ -n "$ADDRESSES" ] || return 0
  recorded ttl
  TTL=${VALUE:-$TTL}
  take_out || return $?
  rm -f "$RECORD"
  say "$NAME on $VENDOR: left, $ADDRESSES is out"
}

# watch: until the cloud announces that it takes this instance back, so that it is out of DNS before that. Ends at once where no
# cloud does so.
watch() {
  patience "$REGISTER_PATIENCE"
  retry find_self || return 1
  command -v "${CLOUD}_is_borrowed" >/dev/null || return 0
  retry "${CLOUD}_is_borrowed" || return 0
  until "${CLOUD}_notice"; do
    pause "$WATCH_TENTHS"
  done
  say "$CLOUD announces: $VALUE; leaving"
  : >"$RUN/leaving"
  COMMAND=deregister
  take_lock
  deregister
}

status() {
  if recall_self; then
    echo "instance $INSTANCE on $CLOUD, group $MCD_GROUP of fleet $MCD_FLEET ($MCD_OWNER)"
  else
    echo "instance not known since boot, group $MCD_GROUP of fleet $MCD_FLEET ($MCD_OWNER)"
    FAILED=yes
  fi
  each_name status_name
  echo "log: $LOG"
  [ "$FAILED" = no ]
}

status_name() {
  recorded state
  status_word=$VALUE
  recorded address
  case $status_word in
  entered) echo "$NAME on $VENDOR: $VALUE, ttl $TTL" ;;
  *)
    FAILED=yes
    echo "$NAME on $VENDOR: not entered"
    ;;
  esac
}

# One at a time. A holder that died is no holder.
take_lock() {
  patience 30
  until mkdir "$RUN/lock" 2>/dev/null; do
    lock_holder=$(cat "$RUN/lock/pid" 2>/dev/null)
    if [ -n "$lock_holder" ] && ! kill -0 "$lock_holder" 2>/dev/null; then
      rm -rf "$RUN/lock"
      continue
    fi
    if [ "$COMMAND" = check ]; then
      exit 0
    fi
    if [ "$(now)" -ge "$DEADLINE" ]; then
      say "process ${lock_holder:-unknown} has been at work for 30 s; going ahead"
      break
    fi
    pause 2
  done
  mkdir -p "$RUN/lock"
  echo $$ >"$RUN/lock/pid"
}

clean_up() {
  [ -z "$WORK" ] || rm -rf "$WORK"
  if [ "$(cat "$RUN/lock/pid" 2>/dev/null)" = $$ ]; then
    rm -rf "$RUN/lock"
  fi
}

# Told to stop while still registering: systemd runs ExecStop only for what had started.
cut_off() {
  trap '' TERM INT HUP
  [ "$COMMAND" != watch ] || exit 0
  if [ "$COMMAND" = register ]; then
    say 'told to stop while registering'
    COMMAND=deregister
    DONE=''
    deregister
  fi
  exit 143
}

main() {
  COMMAND=${1-}
  AT_MOST_EVERY=''
  case $COMMAND in
  register | deregister | check | watch | status) ;;
  *)
    echo 'usage: mcd-registration register | deregister | check [--at-most-every MINUTES] | watch | status' >&2
    exit 64
    ;;
  esac
  if [ "${2-}" = --at-most-every ]; then
    AT_MOST_EVERY=$3
  fi
  if [ ! -r "$CONFIGURATION" ]; then
    echo "mcd-registration: cannot read $CONFIGURATION; run it as root" >&2
    exit 1
  fi
  # shellcheck source=/dev/null
  . "$CONFIGURATION"
  WORK=''
  CLOUD=''
  INSTANCE=''
  DONE=''
  FAILED=no
  mkdir -p "$STATE" "$RUN" "${LOG%/*}"
  if [ "$COMMAND" = status ]; then
    status
    return
  fi
  if ! command -v curl >/dev/null 2>&1; then
    die 'curl is not installed: add it to the packages of the template'
  fi
  if [ "$COMMAND" = deregister ]; then
    : >"$RUN/leaving"
  fi
  trap clean_up EXIT
  trap cut_off TERM INT HUP
  [ "$COMMAND" = watch ] || take_lock
  trim_log
  WORK=$RUN/work.$$
  mkdir -p "$WORK"
  REPLY=$WORK/reply
  HEADERS=$WORK/headers
  FLAT=$WORK/flat
  OWN=$WORK/own
  case $COMMAND in
  register) register ;;
  check) check ;;
  deregister) deregister ;;
  watch) watch ;;
  esac
}

main "$@"
