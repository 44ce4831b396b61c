
# Route53: one multivalue answer or weighted record set for each address, whose set identifier is the mark. Nobody else writes
# it, so UPSERT and DELETE meet no other writer. How a name with simple routing is shared stands beside this file.
ROUTE53_NAMESPACE=https://route53.amazonaws.com/doc/2013-04-01/

# route53_call METHOD PATH QUERY [BODY-FILE]: below the zone. QUERY must be sorted and escaped: old curls sign it as it is.
route53_call() {
  route53_credentials || return $?
  sign "$1" "$ENDPOINT$2" "$3" "${4-}" >"$WORK/signature" || return $?
  http "$1" "$ENDPOINT$2${3:+?$3}" "${4-}" <"$WORK/signature"
  rm -f "$WORK/signature"
  CODE=''
  [ "$STATUS" != 000 ] || return 2
  tr -d '\r\n' <"$REPLY" | sed 's/>  *</></g; s/<ResourceRecordSet>/\
&/g' >"$FLAT"
  case $STATUS in
  2??) return 0 ;;
  esac
  CODE=$(sed -n 's/.*<Code>\([^<]*\)<.*/\1/p' "$FLAT")
  PROBLEM="Route53 answered $STATUS ${CODE:+($CODE) }to $1: $(sed -n 's/.*<Message>\([^<]*\)<.*/\1/p' "$FLAT")"
  case $CODE in
  Throttling* | PriorRequestNotComplete | RequestThrottled* | TooManyRequests*) return 2 ;;
  RequestExpired | RequestTimeTooSkewed) route53_clock ;;
  # Either the key is wrong, or the time: signatures hold for five minutes.
  SignatureDoesNotMatch | InvalidSignatureException) case $PROBLEM in *expired* | *'not yet current'*) route53_clock ;; esac ;;
  esac
  if worth_another_try; then
    return 2
  fi
  return 1
}

# Not now: the time may yet be synchronised.
route53_clock() {
  STATUS=000
  PROBLEM="$PROBLEM (this instance's clock says $(date -u '+%a, %d %b %Y %H:%M:%S GMT'), Route53's $(header date))"
}

# route53_credentials: KEY_ID, KEY_SECRET, KEY_TOKEN. The last role credentials stay in memory-backed /run for a shutdown in
# which the metadata service no longer answers.
route53_credentials() {
  if [ "$CREDENTIALS" = keys ]; then
    KEY_TOKEN=''
    return 0
  fi
  # Read once for each name.
  [ -z "$KEY_ID" ] || return 0
  if ! command -v "${CLOUD}_role_credentials" >/dev/null; then
    PROBLEM="instances of $CLOUD have no role: give dns.instanceCredentials in the fleet file"
    return 1
  fi
  if "${CLOUD}_role_credentials"; then
    printf '%s\n%s\n%s\n' "$KEY_ID" "$KEY_SECRET" "$KEY_TOKEN" >"$RUN/role"
    return 0
  fi
  [ -s "$RUN/role" ] || return 2
  { read -r KEY_ID && read -r KEY_SECRET && read -r KEY_TOKEN; } <"$RUN/role"
}

route53_mark() {
  MARK="mcd:v1:$MCD_FLEET:$INSTANCE"
}

# route53_sets NAME TYPE [IDENTIFIER]: the record sets from there on, one line each, into $FLAT.
route53_sets() {
  route53_identifier=$(printf '%s' "${3-}" | sed 's/:/%3A/g')
  route53_call GET /rrset "${3:+identifier=$route53_identifier&}maxitems=${4-300}&name=$1.&type=$2"
}

# route53_is_held: whether mcd took this instance out. A word after the id says for whom it did.
route53_is_held() {
  route53_sets "_mcd.$NAME" TXT || return $?
  HELD=no
  if grep -F "<Name>_mcd.$NAME.</Name><Type>TXT</Type>" "$FLAT" | sed 's/&quot;/"/g' |
    grep -Fq -e "<Value>\"out $INSTANCE\"</Value>" -e "<Value>\"out $INSTANCE "; then
    HELD=yes
  fi
}

# route53_own: what stands of ours into $OWN: the address, a blank, the TTL, and for a weighted set a blank and its weight.
route53_own() {
  if [ "$ROUTING" = simple ]; then
    route53_shared "$ADDRESSES" && return 0
    route53_status=$?
    [ -n "$CLASH" ] || return "$route53_status"
    ROUTING=$CLASH
  fi
  route53_own_sets
}

# route53_own_sets: as far as it stands in sets of its own. "From there on" need not be ours: look.
route53_own_sets() {
  route53_mark
  recorded address
  case "$VALUE $ADDRESSES" in
  *:*) route53_types='A AAAA' ;;
  *) route53_types=A ;;
  esac
  : >"$WORK/sets.own"
  for route53_type in $route53_types; do
    route53_sets "$NAME" "$route53_type" "$MARK" 1 || return $?
    grep -F "<Name>$NAME.</Name><Type>$route53_type</Type><SetIdentifier>$MARK</SetIdentifier>" "$FLAT" >>"$WORK/sets.own"
  done
  sed -n '
    s/.*<Weight>\([0-9]*\)<.*<TTL>\([0-9]*\)<.*<Value>\([^<]*\)<.*/\3 \2 \1/p
    t
    s/.*<TTL>\([0-9]*\)<.*<Value>\([^<]*\)<.*/\2 \1/p
  ' "$WORK/sets.own" >"$OWN"
}

# route53_set ACTION NAME ADDRESS TTL [WEIGHT]: the change of a set of its own.
route53_set() {
  if [ -n "${5-}" ]; then
    set_routing="<Weight>$5</Weight>"
  else
    set_routing='<MultiValueAnswer>true</MultiValueAnswer>'
  fi
  printf '<Change><Action>%s</Action><ResourceRecordSet><Name>%s.</Name><Type>%s</Type>' "$1" "$2" "$(type_of "$3")"
  printf '<SetIdentifier>%s</SetIdentifier>%s<TTL>%s</TTL>' "$MARK" "$set_routing" "$4"
  printf '<ResourceRecords><ResourceRecord><Value>%s</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change>' "$3"
}

# route53_sets_of ACTION NAME: those of $ADDRESSES, as this instance makes them.
route53_sets_of() {
  sets_weight=''
  [ "$ROUTING" != weighted ] || [ "$2" != "$NAME" ] || sets_weight=$WEIGHT
  for sets_address in $ADDRESSES; do
    route53_set "$1" "$2" "$sets_address" "$TTL" "$sets_weight"
  done
}

# route53_send: all of $WORK/changes, or nothing.
route53_send() {
  {
    printf '<?xml version="1.0" encoding="UTF-8"?>\n'
    printf '<ChangeResourceRecordSetsRequest xmlns="%s"><ChangeBatch><Changes>' "$ROUTE53_NAMESPACE"
    cat "$WORK/changes"
    printf '</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>\n'
  } >"$WORK/body"
  route53_call POST /rrset '' "$WORK/body"
}

# route53_create: as the name routes. Where it routes another way by now, that way.
route53_create() {
  for create_try in one two three; do
    : "$create_try"
    CLASH=''
    if [ "$ROUTING" = simple ]; then
      route53_share "$ADDRESSES"
    else
      route53_enter_own
    fi
    create_status=$?
    [ -n "$CLASH" ] || return "$create_status"
    ROUTING=$CLASH
  done
  return "$create_status"
}

# route53_enter_own: a set for each address, and in the same call those of the host name that is discovered.
route53_enter_own() {
  route53_mark
  {
    route53_sets_of UPSERT "$NAME"
    [ -z "$SERVICE" ] || [ "$OF_HOST" = yes ] || route53_sets_of UPSERT "$(own_host)"
  } >"$WORK/changes"
  route53_send
  own_status=$?
  if [ "$own_status" -eq 0 ]; then
    [ "$OF_HOST" = yes ] || HOST_ENTERED=yes
    return 0
  fi
  case $CODE:$PROBLEM in
  InvalidChangeBatch:*'cannot be created '*) CLASH=simple ;;
  esac
  return "$own_status"
}

# route53_remove ADDRESS-TO-KEEP…: exactly what was created; where that no longer stands, what stands of ours now.
route53_remove() {
  CLASH=''
  if [ "$ROUTING" = simple ]; then
    # What came replaced what was.
    [ $# -eq 0 ] || return 0
    route53_share '' && return 0
    remove_status=$?
    [ -n "$CLASH" ] || return "$remove_status"
    ROUTING=$CLASH
  fi
  route53_mark
  if [ $# -eq 0 ]; then
    route53_sets_of DELETE "$NAME" >"$WORK/changes"
    route53_send && return 0
    remove_status=$?
    [ "$CODE" = InvalidChangeBatch ] || return "$remove_status"
  fi
  route53_own_sets || return $?
  own_others "$@" >"$WORK/others"
  if [ -s "$WORK/others" ]; then
    while read -r remove_address remove_ttl remove_weight; do
      route53_set DELETE "$NAME" "$remove_address" "$remove_ttl" "$remove_weight"
    done <"$WORK/others" >"$WORK/changes"
    route53_send
    return
  fi
  # The name may share one set by now.
  [ $# -eq 0 ] && [ "$OF_HOST" = no ] || return 0
  route53_share '' && return 0
  remove_status=$?
  [ -z "$CLASH" ] || return 0
  return "$remove_status"
}
