
# Route53: one multivalue answer record set for each instance, whose set identifier is the mark. Nobody else writes it, so
# UPSERT and DELETE meet no other writer.
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

# route53_own: our record set into $OWN: the address, a blank, the TTL. "From there on" need not be ours: look.
route53_own() {
  route53_mark
  route53_sets "$NAME" A "$MARK" 1 || return $?
  grep -F "<Name>$NAME.</Name><Type>A</Type><SetIdentifier>$MARK</SetIdentifier>" "$FLAT" |
    sed -n 's/.*<TTL>\([0-9]*\)<.*<Value>\([0-9.]*\)<.*/\2 \1/p' >"$OWN"
}

# route53_change ACTION ADDRESS TTL
route53_change() {
  route53_mark
  cat >"$WORK/body" <<XML
<?xml version="1.0" encoding="UTF-8"?>
<ChangeResourceRecordSetsRequest xmlns="$ROUTE53_NAMESPACE"><ChangeBatch><Changes><Change><Action>$1</Action><ResourceRecordSet><Name>$NAME.</Name><Type>A</Type><SetIdentifier>$MARK</SetIdentifier><MultiValueAnswer>true</MultiValueAnswer><TTL>$3</TTL><ResourceRecords><ResourceRecord><Value>$2</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>
XML
  route53_call POST /rrset '' "$WORK/body"
}

route53_create() {
  route53_change UPSERT "$ADDRESS" "$TTL"
}

# route53_remove [ADDRESS-TO-KEEP]: exactly what was created; where that no longer stands, what stands under our mark now.
route53_remove() {
  # There is one set, and creating it replaced what was.
  [ -z "${1-}" ] || return 0
  route53_change DELETE "$ADDRESS" "$TTL" && return 0
  route53_status=$?
  [ "$CODE" = InvalidChangeBatch ] || return "$route53_status"
  route53_own || return $?
  read -r route53_address route53_ttl <"$OWN" || return 0
  route53_change DELETE "$route53_address" "$route53_ttl"
}
