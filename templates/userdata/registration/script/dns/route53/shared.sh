
# Route53 has one record set for all values of a service, and for all addresses of a name with simple routing, and many change
# it: other instances, mcd, people. Whose a value is stands in the companion, a TXT set at `_mcd.<name of the set>`:
# `srv <fleet> <instance id> <value>`, `a <fleet> <instance id> <address>`. Every change deletes exactly what was read and
# creates what is wanted, all sets in one batch; where somebody was first it begins again. Values of others keep their bytes,
# and so does one without an entry, also when it equals ours.

# route53_share ADDRESSES: until the sets of the name in hand hold these for us and no others.
route53_share() {
  route53_wish "$1"
  route53_swap "$NAME" 'A AAAA'
}

# route53_shared ADDRESSES: which of them the sets hold, into $OWN, and what else they hold of ours.
route53_shared() {
  route53_wish "$1"
  route53_wanted "$NAME" 'A AAAA' || return $?
  cp "$WORK/held" "$OWN"
}

route53_wish() {
  for wish_address in $1; do
    echo "$(type_of "$wish_address") $wish_address"
  done >"$WORK/wanted"
}

# route53_swap NAME TYPES: until the sets hold what stands in $WORK/wanted for us (lines of a type, a blank, a value) and no
# other value of ours. The waits are short and random: of all who collide, one gets through each time.
route53_swap() {
  swap_window=5
  while :; do
    route53_wanted "$1" "$2" || return $?
    [ -s "$WORK/changes" ] || return 0
    route53_send && return 0
    swap_status=$?
    case $CODE:$PROBLEM in
    InvalidChangeBatch:*'do not match the current values'*) ;;
    InvalidChangeBatch:*'was not found'*) ;;
    InvalidChangeBatch:*'already exists'*) ;;
    InvalidChangeBatch:*'cannot be created '*) ;;
    *) return "$swap_status" ;;
    esac
    [ "$(now)" -lt "$DEADLINE" ] || return 2
    below "$swap_window"
    pause "$((VALUE + 1))"
    swap_window=$((swap_window * 2))
    [ "$swap_window" -le 40 ] || swap_window=40
  done
}

# route53_wanted NAME TYPES: what makes of the sets as they stand now those that are wanted, into $WORK/changes; what they hold
# of ours, and of what is wanted, into $WORK/held. Where sets of another kind stand, CLASH says of which.
route53_wanted() {
  CLASH=''
  route53_sets "$(printf '%s' "$1" | sed 's/\\/%5C/g')" "${2%% *}" '' 100 || return $?
  cp "$FLAT" "$WORK/sets"
  # The companion comes soon after: only few names lie between.
  if grep -Fq '<IsTruncated>true' "$WORK/sets" && ! grep -Fq "<Name>_mcd.$1.</Name><Type>TXT</Type>" "$WORK/sets"; then
    route53_sets "$(printf '%s' "_mcd.$1" | sed 's/\\/%5C/g')" TXT '' 1 || return $?
    cat "$FLAT" >>"$WORK/sets"
  fi
  : >"$WORK/changes"
  : >"$WORK/held"
  MCD_BASE=$1 awk -v types=" $2 " -v fleet="$MCD_FLEET" -v instance="$INSTANCE" -v ttl="$TTL" -v folder="$WORK" "$PLAIN"'
    # Blanks, zeros, case and the final dot of an SRV value mean nothing.
    function meaning(type, text,  part) {
      if (type != "SRV") return plain(text)
      split(text, part, " ")
      sub(/\.$/, "", part[4])
      return part[1] + 0 " " part[2] + 0 " " part[3] + 0 " " tolower(part[4])
    }
    # In strings of at most 255 bytes.
    function quoted(text,  result) {
      for (; length(text) > 255; text = substr(text, 256)) result = result "\"" substr(text, 1, 255) "\" "
      return result "\"" text "\""
    }
    function between(text, from, to) {
      if (!index(text, from)) return ""
      text = substr(text, index(text, from) + length(from))
      return substr(text, 1, index(text, to) - 1)
    }
    function exchange(type,  name, lines, i, changed) {
      # A value never comes without proof that its entry stands, and no entry goes without proof that its value does not.
      changed = count[type] != kept[type] + 0 || (type == "TXT" && joins) || (type in leaves)
      for (i = 1; i <= count[type]; i++) if (value[type, i] != keep[type, i]) changed = 1
      if (!changed) return
      name = type == "TXT" ? "_mcd." base : base
      if (count[type]) change("DELETE", name, type, count[type], value)
      if (kept[type]) change("CREATE", name, type, kept[type], keep)
    }
    function change(action, name, type, many, list,  i, out) {
      out = "<Change><Action>" action "</Action><ResourceRecordSet><Name>" name ".</Name><Type>" type "</Type><TTL>"
      out = out (type in has ? has[type] : ttl) "</TTL><ResourceRecords>"
      for (i = 1; i <= many; i++) out = out "<ResourceRecord><Value>" list[type, i] "</Value></ResourceRecord>"
      print out "</ResourceRecords></ResourceRecordSet></Change>" >(folder "/changes")
    }
    function stay(type, text) {
      keep[type, ++kept[type]] = text
    }
    BEGIN { base = ENVIRON["MCD_BASE"] }
    FILENAME == ARGV[1] {
      type = $1
      sub(/^[^ ]* /, "")
      wanted[type, meaning(type, $0)] = $0
      next
    }
    {
      name = between($0, "<Name>", "</Name>")
      type = between($0, "<Type>", "</Type>")
      if (!(name == base "." && index(types, " " type " ")) && !(name == "_mcd." base "." && type == "TXT")) next
      if (/<SetIdentifier>|<AliasTarget>/) {
        if (type != "TXT" && !clash) clash = /<Weight>/ ? "weighted" : "multivalue"
        if (!odd) odd = "the " type " record set at " name
        next
      }
      has[type] = between($0, "<TTL>", "</TTL>")
      many = split($0, part, /<\/?Value>/)
      for (i = 2; i <= many; i += 2) value[type, ++count[type]] = part[i]
    }
    END {
      if (odd) {
        print clash " " odd >(folder "/odd")
        exit
      }
      all = split(types, each, " ")
      for (k = 1; k <= all; k++)
        for (i = 1; i <= count[each[k]]; i++) stands[each[k], meaning(each[k], value[each[k], i])]
      for (i = 1; i <= count["TXT"]; i++) {
        text = value["TXT", i]
        gsub(/&quot;/, "\"", text)
        gsub(/" +"/, "", text)
        gsub(/"/, "", text)
        split(text, word, " ")
        type = toupper(word[1])
        if (word[2] == fleet && word[3] != "" && index(types, " " type " ")) {
          is = meaning(type, substr(text, length(word[1] " " word[2] " " word[3] " ") + 1))
          if (word[3] == instance) {
            mine[type, is]
            if ((type, is) in wanted) entered[type, is]
            # While there is no set, whoever joins now may rely on it, and could not be compared with.
            else if (count[type]) {
              leaves[type]
              continue
            }
          } else if ((type, is) in wanted) {
            # An address that passed from another instance of the fleet to this one.
            inherited[type, is]
            continue
          }
        } else if (word[3] != "" && index(types, " " type " ")) {
          # What another fleet left behind without its value: that comes now, and is ours.
          is = meaning(type, substr(text, length(word[1] " " word[2] " " word[3] " ") + 1))
          if (((type, is) in wanted) && !((type, is) in stands)) continue
        }
        stay("TXT", value["TXT", i])
      }
      for (k = 1; k <= all; k++) {
        type = each[k]
        for (i = 1; i <= count[type]; i++) {
          is = meaning(type, value[type, i])
          if ((type, is) in wanted) there[type, is]
          if (((type, is) in wanted) || ((type, is) in mine)) print value[type, i] " " has[type] >(folder "/held")
          if (((type, is) in wanted) || !((type, is) in mine)) stay(type, value[type, i])
        }
        for (key in wanted) {
          split(key, part, SUBSEP)
          if (part[1] != type) continue
          if (!(key in there)) {
            stay(type, wanted[key] (type == "SRV" ? "." : ""))
            joins = 1
          }
          if (!(key in entered) && (!(key in there) || key in inherited))
            stay("TXT", quoted(tolower(type) " " fleet " " instance " " wanted[key]))
        }
      }
      for (k = 1; k <= all; k++) exchange(each[k])
      exchange("TXT")
    }
  ' "$WORK/wanted" "$WORK/sets"
  [ -s "$WORK/odd" ] || return 0
  read -r CLASH wanted_odd <"$WORK/odd"
  rm -f "$WORK/odd"
  case $CLASH in
  multivalue | weighted) ;;
  *)
    wanted_odd="$CLASH $wanted_odd"
    CLASH=''
    ;;
  esac
  PROBLEM="$wanted_odd is no simple one, and cannot hold the values of several"
  return 1
}
