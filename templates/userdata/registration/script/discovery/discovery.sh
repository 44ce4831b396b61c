
# DNS-SD (RFC 6763) beside the name in hand: this instance's own host name `<instance id>.<name>` with its address, and its
# value in the SRV set of the service. SERVICE is the name of that set as the vendor writes it, and empty where the name has
# no service.

# join_service: the host first, so that no value ever leads to nothing.
join_service() {
  [ -n "$SERVICE" ] || return 0
  [ "$HOST_ENTERED" = yes ] || of_host "${VENDOR}_create" || return $?
  "${VENDOR}_join"
}

# rejoin_service: again, where something of it was lost. As for an address: only while nothing holds it out and the service answers.
rejoin_service() {
  [ -n "$SERVICE" ] || return 0
  of_host "${VENDOR}_own" || return $?
  compare_own
  if [ -z "$VALUE" ]; then
    "${VENDOR}_has_joined" || return $?
    [ "$JOINED" = no ] || return 0
  fi
  may_enter || return $?
  if [ "$HELD" = no ] && service_is_well; then
    say "$NAME on $VENDOR: not wholly in $SERVICE; joining it again"
    join_service
  fi
}

# leave_service: the value first, then the host. Each is tried, whatever becomes of the other.
leave_service() {
  [ -n "$SERVICE" ] || return 0
  leave_status=0
  "${VENDOR}_leave" || leave_status=$?
  of_host "${VENDOR}_remove" || return $?
  return "$leave_status"
}

# own_host: in lower case, as DNS vendors show every name; some clouds write ids in capitals.
own_host() {
  printf '%s.%s' "$INSTANCE" "$NAME" | tr '[:upper:]' '[:lower:]'
}

# own_value: VALUE becomes what the set holds for this instance.
own_value() {
  setting "$each_number" SRV
  VALUE="$VALUE $(own_host)"
}

# of_host COMMAND: with this instance's host name for the name in hand.
of_host() {
  host_of=$NAME
  host_routing=$ROUTING
  NAME=$(own_host)
  # Nobody shares it.
  ROUTING=multivalue
  OF_HOST=yes
  "$1"
  host_status=$?
  OF_HOST=no
  NAME=$host_of
  ROUTING=$host_routing
  return "$host_status"
}
