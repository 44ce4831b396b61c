
# find_self: CLOUD and INSTANCE, kept for the shutdown, in which nothing may depend on metadata.
find_self() {
  PROBLEM=''
  for CLOUD in $CLOUDS; do
    "${CLOUD}_detect" && break
    CLOUD=''
  done
  if [ -z "$CLOUD" ]; then
    PROBLEM="neither a metadata service nor mdata-get tells where this is${PROBLEM:+: $PROBLEM}"
    return 2
  fi
  "${CLOUD}_instance_id" || return 2
  case $VALUE in
  '' | *[!A-Za-z0-9-]*)
    PROBLEM="$CLOUD's metadata gave an instance id that is none"
    return 2
    ;;
  esac
  INSTANCE=$VALUE
  printf '%s\n%s\n' "$CLOUD" "$INSTANCE" >"$RUN/self"
}

# recall_self: what find_self found in this boot; 1 when it found nothing.
recall_self() {
  [ -s "$RUN/self" ] || return 1
  { read -r CLOUD && read -r INSTANCE; } <"$RUN/self"
}

# find_address: ADDRESS, of the kind that the name in hand wants. Always asked afresh: it changes with a stop and a start.
find_address() {
  "${CLOUD}_address" "$ADDRESS_KIND" || {
    address_status=$?
    PROBLEM="no $ADDRESS_KIND address: $PROBLEM"
    return "$address_status"
  }
  case $VALUE in
  *[!0-9.]* | *.*.*.*.* | .* | *. | *..*) address_is=none ;;
  *.*.*.*) address_is=ipv4 ;;
  *) address_is=none ;;
  esac
  if [ "$address_is" = none ]; then
    PROBLEM="$CLOUD's metadata gave a $ADDRESS_KIND address that is none"
    return 2
  fi
  ADDRESS=$VALUE
}

is_number() {
  case $1 in
  '' | *[!0-9]*) return 1 ;;
  *) return 0 ;;
  esac
}
