
# CloudFlare: one record for each address, whose comment is the mark. Created, and deleted by id after reading it again; never
# changed. Somebody else's record is never touched.

# cloudflare_call METHOD PATH-AND-QUERY [BODY-FILE]: below the zone's records. The answer goes flat into $FLAT.
cloudflare_call() {
  http "$1" "$ENDPOINT$2" "${3-}" <<CONFIG
header = "Authorization: Bearer $(quoted "$TOKEN")"
header = "Content-Type: application/json"
CONFIG
  CODE=''
  [ "$STATUS" != 000 ] || return 2
  flatten_json <"$REPLY" >"$FLAT" 2>/dev/null || : >"$FLAT"
  case $STATUS in
  2??) return 0 ;;
  esac
  json_value errors.0.code <"$FLAT"
  CODE=$VALUE
  json_value errors.0.message <"$FLAT"
  PROBLEM="CloudFlare answered $STATUS${CODE:+ ($CODE)} to $1: ${VALUE:-no reason given}"
  # The cause often stands a level below.
  json_value errors.0.error_chain.0.message <"$FLAT"
  PROBLEM="$PROBLEM${VALUE:+: $VALUE}"
  if worth_another_try; then
    return 2
  fi
  return 1
}

cloudflare_mark() {
  MARK="mcd:v1 f=$MCD_FLEET g=$MCD_GROUP i=$INSTANCE"
}

# cloudflare_is_held: whether mcd took this instance out (the TXT record `out <instance id>` at _mcd.<name>, with or without a
# word after it that says for whom).
cloudflare_is_held() {
  cloudflare_call GET "?content.contains=$INSTANCE&name.exact=_mcd.$NAME&per_page=100&type=TXT" || return $?
  HELD=no
  # As written, or in the double quotes in which CloudFlare may give it back.
  if sed -n 's/^result\.[0-9]*\.content	//p' "$FLAT" | tr -d '"' | grep -Eqx "out $INSTANCE( .*)?"; then
    HELD=yes
  fi
}

# cloudflare_own: our records under the name into $OWN, one line each: the address, a blank, the record's id.
cloudflare_own() {
  cloudflare_mark
  cloudflare_query=$(printf '%s' "$MARK" | sed 's/:/%3A/g; s/ /%20/g; s/=/%3D/g')
  cloudflare_call GET "?comment.exact=$cloudflare_query&name.exact=$NAME&per_page=100" || return $?
  # Their filters ignore case; a mark is exact.
  awk -F '\t' -v mark="$MARK" -v name="$NAME" '
    { split($1, path, "."); field[path[2], path[3]] = $2 }
    path[1] == "result" && path[3] == "id" { ids[path[2]] }
    END {
      for (i in ids)
        if (field[i, "comment"] == mark && field[i, "name"] == name && field[i, "type"] ~ /^(A|AAAA)$/)
          print field[i, "content"] " " field[i, "id"]
    }
  ' "$FLAT" >"$OWN"
}

cloudflare_create() {
  cloudflare_mark
  cloudflare_ttl=$TTL
  # A proxied record is always "automatic", which is spelled 1.
  [ "$PROXIED" = false ] || cloudflare_ttl=1
  for cloudflare_address in $ADDRESSES; do
    printf '{"type":"%s","name":"%s","content":"%s","ttl":%s,"proxied":%s,"comment":"%s"}' "$(type_of "$cloudflare_address")" \
      "$NAME" "$cloudflare_address" "$cloudflare_ttl" "$PROXIED" "$MARK" >"$WORK/body"
    cloudflare_call POST '' "$WORK/body" && continue
    cloudflare_status=$?
    case $CODE in
    81057 | 81058) ;;
    *) return "$cloudflare_status" ;;
    esac
    # An identical record: ours, where the answer to an earlier try was lost.
    cloudflare_own || return $?
    own_others "$cloudflare_address" | cmp -s - "$OWN" || continue
    PROBLEM="$cloudflare_address already stands under $NAME with another mark; that record is not ours to touch"
    return 1
  done
}

# cloudflare_remove ADDRESS-TO-KEEP…: every record with our mark, but for these addresses.
cloudflare_remove() {
  cloudflare_own || return $?
  own_others "$@" >"$WORK/others"
  while read -r cloudflare_address cloudflare_id; do
    : "$cloudflare_address"
    cloudflare_call DELETE "/$cloudflare_id" && continue
    cloudflare_status=$?
    # Somebody was first.
    [ "$STATUS" != 404 ] || continue
    return "$cloudflare_status"
  done <"$WORK/others"
}
