
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

# find_address: ADDRESSES, of the kind that the name in hand wants: IPv4, and behind a blank public IPv6 where there is one.
# Always asked afresh: an address may change with a stop and a start.
find_address() {
  ADDRESSES=''
  "${CLOUD}_address" "$ADDRESS_KIND"
  address_status=$?
  case $address_status in
  0)
    if ! is_ipv4 "$VALUE"; then
      PROBLEM="$CLOUD's metadata gave a $ADDRESS_KIND address that is none"
      return 2
    fi
    ADDRESSES=$VALUE
    ;;
  2)
    PROBLEM="no $ADDRESS_KIND address: $PROBLEM"
    return 2
    ;;
  esac
  address_problem=$PROBLEM
  if [ "$ADDRESS_KIND" = public ] && [ "$IPV6" = yes ] && command -v "${CLOUD}_ipv6" >/dev/null; then
    "${CLOUD}_ipv6"
    case $? in
    0)
      if ! is_ipv6 "$VALUE"; then
        PROBLEM="$CLOUD's metadata gave an IPv6 address that is none"
        return 2
      fi
      ADDRESSES="$ADDRESSES${ADDRESSES:+ }$VALUE"
      ;;
    2)
      PROBLEM="no IPv6 address: $PROBLEM"
      return 2
      ;;
    esac
  fi
  [ -z "$ADDRESSES" ] || return 0
  PROBLEM="no $ADDRESS_KIND address: $address_problem"
  return "$address_status"
}

is_ipv4() {
  case $1 in
  *[!0-9.]* | *.*.*.*.* | .* | *. | *..*) return 1 ;;
  *.*.*.*) return 0 ;;
  *) return 1 ;;
  esac
}

is_ipv6() {
  case $1 in
  *[!0-9a-fA-F:]*) return 1 ;;
  *:*:*) return 0 ;;
  *) return 1 ;;
  esac
}

# Neither link-local nor of a network of one's own (RFC 4291, RFC 4193).
is_public_ipv6() {
  case $1 in
  [fF][eE][89aAbB]* | [fF][cCdD]* | ::*) return 1 ;;
  *:*:*) return 0 ;;
  *) return 1 ;;
  esac
}

# type_of ADDRESS: of the record that holds it.
type_of() {
  case $1 in
  *:*) echo AAAA ;;
  *) echo A ;;
  esac
}

# For awk: plain(TEXT), an address in the one spelling that compares; IPv6 has many.
PLAIN='
  function plain(text,  half, left, right, ends, before, after, i, result) {
    text = tolower(text)
    if (!index(text, ":")) return text
    ends = split(text, half, "::")
    before = split(half[1], left, ":")
    after = ends > 1 ? split(half[2], right, ":") : 0
    for (i = 1; i <= before; i++) {
      sub(/^0+/, "", left[i])
      result = result left[i] ":"
    }
    for (i = before + after; i < 8; i++) result = result ":"
    for (i = 1; i <= after; i++) {
      sub(/^0+/, "", right[i])
      result = result right[i] ":"
    }
    return result
  }
'

is_number() {
  case $1 in
  '' | *[!0-9]*) return 1 ;;
  *) return 0 ;;
  esac
}
