
# Route53 has one record set for all values of a service, and many change it: other instances, mcd, people. Whose a value is
# stands in the companion, a TXT set at `_mcd.<name of the set>`: `srv <fleet> <instance id> <value>`. Every change deletes
# exactly what was read and creates what is wanted, both sets in one batch; where somebody was first it begins again.
# Values of others keep their bytes, and so does one without an entry, also when it equals ours.

route53_join() {
  own_value
  route53_swap "$VALUE"
}

route53_leave() {
  route53_swap ''
}

route53_has_joined() {
  own_value
  route53_wanted "$VALUE" || return $?
  JOINED=yes
  [ ! -s "$WORK/changes" ] || JOINED=no
}

# route53_swap VALUE: until the set holds this value for us and no other, or none where VALUE is empty. The waits are short and
# random: of all who collide, one gets through each time.
route53_swap() {
  swap_window=5
  while :; do
    route53_wanted "$1" || return $?
    [ -s "$WORK/changes" ] || return 0
    {
      printf '<?xml version="1.0" encoding="UTF-8"?>\n'
      printf '<ChangeResourceRecordSetsRequest xmlns="%s"><ChangeBatch><Changes>' "$ROUTE53_NAMESPACE"
      cat "$WORK/changes"
      printf '</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>\n'
    } >"$WORK/body"
    route53_call POST /rrset '' "$WORK/body" && return 0
    swap_status=$?
    case $CODE:$PROBLEM in
    InvalidChangeBatch:*'do not match the current values'*) ;;
    InvalidChangeBatch:*'was not found'*) ;;
    InvalidChangeBatch:*'already exists'*) ;;
    *) return "$swap_status" ;;
    esac
    [ "$(now)" -lt "$DEADLINE" ] || return 2
    below "$swap_window"
    pause "$((VALUE + 1))"
    swap_window=$((swap_window * 2))
    [ "$swap_window" -le 40 ] || swap_window=40
  done
}

# route53_wanted VALUE: what makes of the sets as they stand now those that are wanted, into $WORK/changes.
route53_wanted() {
  route53_read "_mcd.$SERVICE" TXT entries || return $?
  entries_ttl=$VALUE
  route53_read "$SERVICE" SRV values || return $?
  values_ttl=$VALUE
  : >"$WORK/entries.new"
  : >"$WORK/values.new"
  awk -v fleet="$MCD_FLEET" -v instance="$INSTANCE" -v value="$1" -v folder="$WORK" '
    # Blanks, zeros, case and the final dot mean nothing.
    function plain(text,  part) {
      split(text, part, " ")
      sub(/\.$/, "", part[4])
      return part[1] + 0 " " part[2] + 0 " " part[3] + 0 " " tolower(part[4])
    }
    # In strings of at most 255 bytes.
    function quoted(text,  result) {
      for (; length(text) > 255; text = substr(text, 256)) result = result "\"" substr(text, 1, 255) "\" "
      return result "\"" text "\""
    }
    BEGIN { wanted = value == "" ? "" : plain(value) }
    FILENAME == ARGV[1] {
      text = $0
      gsub(/&quot;/, "\"", text)
      gsub(/" +"/, "", text)
      gsub(/"/, "", text)
      split(text, word, " ")
      if (word[1] == "srv" && word[2] == fleet && word[3] == instance) {
        is = plain(word[4] " " word[5] " " word[6] " " word[7])
        mine[is]
        if (is != wanted) next
        entered = 1
      }
      print >(folder "/entries.new")
      next
    }
    {
      is = plain($0)
      if (is == wanted) there = 1
      else if (is in mine) next
      print >(folder "/values.new")
    }
    END {
      if (wanted == "" || there) exit
      print wanted "." >(folder "/values.new")
      if (!entered) print quoted("srv " fleet " " instance " " wanted) >(folder "/entries.new")
    }
  ' "$WORK/entries" "$WORK/values"
  : >"$WORK/changes"
  if cmp -s "$WORK/values" "$WORK/values.new" && cmp -s "$WORK/entries" "$WORK/entries.new"; then
    return 0
  fi
  # A value that somebody took out, and the set with it: nobody can compare with what is not there, so its entry stays.
  [ -s "$WORK/values" ] || [ -s "$WORK/values.new" ] || return 0
  {
    route53_exchange "$SERVICE" SRV "$values_ttl" values
    route53_exchange "_mcd.$SERVICE" TXT "$entries_ttl" entries
  } >"$WORK/changes"
}

# route53_read NAME TYPE FILE: the values of the set into $WORK/FILE, a line each, escaped as they came; VALUE becomes its TTL.
route53_read() {
  route53_sets "$(printf '%s' "$1" | sed 's/\\/%5C/g')" "$2" '' 1 || return $?
  : >"$WORK/$3"
  VALUE=''
  # What comes first from there on need not be it.
  grep -F "<Name>$1.</Name><Type>$2</Type>" "$FLAT" >"$WORK/set" || return 0
  if grep -q -e '<SetIdentifier>' -e '<AliasTarget>' "$WORK/set"; then
    PROBLEM="the $2 record set at $1 is no simple one, and cannot hold the values of several"
    return 1
  fi
  awk -F '</?Value>' '{ for (i = 2; i <= NF; i += 2) print $i }' "$WORK/set" >"$WORK/$3"
  VALUE=$(sed -n 's/.*<TTL>\([0-9]*\)<.*/\1/p' "$WORK/set")
}

# route53_exchange NAME TYPE TTL FILE: the set of $WORK/FILE.new with this TTL for that of $WORK/FILE. One that stays as it is
# goes along, so that it is compared: what becomes of the other was decided on it.
route53_exchange() {
  [ ! -s "$WORK/$4" ] || route53_change_of DELETE "$1" "$2" "$3" "$WORK/$4"
  [ ! -s "$WORK/$4.new" ] || route53_change_of CREATE "$1" "$2" "${3:-$TTL}" "$WORK/$4.new"
}

# route53_change_of ACTION NAME TYPE TTL FILE
route53_change_of() {
  printf '<Change><Action>%s</Action><ResourceRecordSet><Name>%s.</Name><Type>%s</Type><TTL>%s</TTL>' "$1" "$2" "$3" "$4"
  printf '<ResourceRecords>'
  sed 's/.*/<ResourceRecord><Value>&<\/Value><\/ResourceRecord>/' "$5"
  printf '</ResourceRecords></ResourceRecordSet></Change>'
}
