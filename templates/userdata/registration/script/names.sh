
# take_up NUMBER: the name of that number in the configuration becomes the one in hand.
take_up() {
  setting "$1" VENDOR
  VENDOR=$VALUE
  setting "$1" ENDPOINT
  ENDPOINT=$VALUE
  setting "$1" NAME
  NAME=$VALUE
  setting "$1" TTL
  TTL=$VALUE
  setting "$1" PROXIED
  PROXIED=$VALUE
  setting "$1" ADDRESS
  ADDRESS_KIND=$VALUE
  setting "$1" IPV6
  IPV6=${VALUE:-yes}
  setting "$1" WEIGHT
  WEIGHT=${VALUE:-1}
  OF_HOST=no
  HOST_ENTERED=no
  setting "$1" CREDENTIALS
  CREDENTIALS=$VALUE
  setting "$1" SERVICE
  SERVICE=$VALUE
  setting "$1" TOKEN
  TOKEN=$VALUE
  setting "$1" KEY_ID
  KEY_ID=$VALUE
  setting "$1" KEY_SECRET
  KEY_SECRET=$VALUE
  KEY_TOKEN=''
  RECORD=$STATE/$VENDOR-$NAME
  # As the name was found to route, whatever it did when this was written.
  recorded routing
  ROUTING=$VALUE
  setting "$1" ROUTING
  ROUTING=${ROUTING:-${VALUE:-multivalue}}
}

setting() {
  eval "VALUE=\${MCD_$1_$2-}"
}

# each_name FUNCTION: for every name that DONE does not hold yet. One that cannot be served now does not hold up the others:
# two vendors may stand behind one name exactly so that one of them can be away.
each_name() {
  each_later=no
  for each_number in $MCD_NAMES; do
    case " $DONE " in *" $each_number "*) continue ;; esac
    take_up "$each_number"
    "$1"
    case $? in
    0) DONE="$DONE $each_number" ;;
    2)
      each_later=yes
      each_problem="$NAME on $VENDOR: $PROBLEM"
      ;;
    *)
      say "$NAME on $VENDOR: $PROBLEM"
      DONE="$DONE $each_number"
      FAILED=yes
      ;;
    esac
  done
  [ "$each_later" = yes ] || return 0
  PROBLEM=$each_problem
  return 2
}

# start_step: VALUE, how many tenths of a second one instance keeps behind another that boots with it: two for each call that
# it makes to enter all its names.
start_step() {
  VALUE=0
  step_sum=0
  for step_number in $MCD_NAMES; do
    step_calls=2
    setting "$step_number" SERVICE
    [ -z "$VALUE" ] || step_calls=4
    step_sum=$((step_sum + step_calls * 2))
  done
  VALUE=$step_sum
}

# What this instance entered for the name in hand. Written before the call as well as after it, so that a shutdown in
# between knows what may stand there.
remember() {
  printf 'state=%s\ninstance=%s\naddress=%s\nttl=%s\nrouting=%s\n' \
    "$1" "$INSTANCE" "$ADDRESSES" "$TTL" "$ROUTING" >"$RECORD.new"
  mv -f "$RECORD.new" "$RECORD"
}

# recorded FIELD: VALUE, or nothing. What another instance left in an image made of it does not count.
recorded() {
  VALUE=''
  [ -r "$RECORD" ] && grep -Fqx "instance=$INSTANCE" "$RECORD" && VALUE=$(sed -n "s/^$1=//p" "$RECORD")
}

# compare_own: VALUE is empty where $OWN lists $ADDRESSES and no others; else it says "missing", "extra" or both.
compare_own() {
  VALUE=$(awk -v wanted="$ADDRESSES" "$PLAIN"'
    BEGIN { for (i = split(wanted, each, " "); i > 0; i--) need[plain(each[i])] }
    { if (plain($1) in need) got[plain($1)]; else extra = "extra" }
    END {
      for (one in need) if (!(one in got)) missing = "missing "
      print missing extra
    }
  ' "$OWN")
}

# own_others ADDRESSES: the lines of $OWN but for these.
own_others() {
  awk -v kept="$*" "$PLAIN"'
    BEGIN { for (i = split(kept, each, " "); i > 0; i--) keep[plain(each[i])] }
    !(plain($1) in keep)
  ' "$OWN"
}

# may_enter: whether the name in hand may get this instance now. What mcd took out stays out until mcd lets it back in.
may_enter() {
  "${VENDOR}_is_held" || return $?
  if [ "$HELD" = yes ]; then
    say_once "$NAME on $VENDOR: mcd holds this instance out; not entering"
    return 0
  fi
}

# enter: one attempt to put ADDRESSES under the name in hand.
enter() {
  recorded address
  enter_before=$VALUE
  HOST_ENTERED=no
  remember trying
  "${VENDOR}_create" || return $?
  # An address from before a stop belongs to somebody else by now.
  if [ -n "$enter_before" ] && [ "$enter_before" != "$ADDRESSES" ]; then
    "${VENDOR}_remove" "$ADDRESSES" || return $?
  fi
  join_service || return $?
  remember entered
  say_once "$NAME on $VENDOR: entered $ADDRESSES${SERVICE:+ and $SERVICE}"
}

# take_out: what stands of this instance under the name in hand. The address waits for nothing else: the one may be in trouble
# and the other not.
take_out() {
  out_status=0
  leave_service || out_status=$?
  "${VENDOR}_remove" || return $?
  return "$out_status"
}

# say_once TEXT: not again while it goes on being so.
say_once() {
  once_file=$RUN/said-$VENDOR-$NAME
  [ -r "$once_file" ] && [ "$(cat "$once_file")" = "$1" ] && return 0
  printf '%s\n' "$1" >"$once_file"
  say "$1"
}
