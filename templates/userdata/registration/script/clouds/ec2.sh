
# EC2, and clouds compatible with it: the metadata service at a link-local address.
CLOUDS="$CLOUDS ec2"
EC2_TOKEN=''

ec2_detect() {
  if ec2_renew_token; then
    return 0
  fi
  # Version 1 needs no token and protects nothing: only where the fleet file says that there is no other.
  [ -n "$MCD_COMPATIBLE" ] || return 1
  ec2_get latest/meta-data/instance-id
}

ec2_renew_token() {
  EC2_TOKEN=''
  http PUT "$METADATA_URL/latest/api/token" <<CONFIG
noproxy = "*"
connect-timeout = 1
max-time = 3
header = "X-aws-ec2-metadata-token-ttl-seconds: 21600"
CONFIG
  [ "$STATUS" = 200 ] || return 1
  EC2_TOKEN=$(cat "$REPLY")
}

# ec2_get PATH: VALUE becomes what stands there; 1 where nothing does.
ec2_get() {
  ec2_request "$1"
  if [ "$STATUS" = 401 ]; then
    ec2_renew_token
    ec2_request "$1"
  fi
  case $STATUS in
  200)
    VALUE=$(cat "$REPLY")
    return 0
    ;;
  404)
    PROBLEM="the metadata service has no $1"
    return 1
    ;;
  000) return 2 ;;
  *)
    PROBLEM="the metadata service answered $STATUS for $1"
    return 2
    ;;
  esac
}

# Without a token the header is empty, and curl sends none. (Quotes inside ${…:+…} would not survive the here-document.)
ec2_request() {
  http GET "$METADATA_URL/$1" <<CONFIG
noproxy = "*"
connect-timeout = 1
max-time = 5
header = "X-aws-ec2-metadata-token: $EC2_TOKEN"
CONFIG
}

ec2_instance_id() {
  ec2_get latest/meta-data/instance-id
}

# ec2_address public|private
ec2_address() {
  if [ "$1" = public ]; then
    ec2_get latest/meta-data/public-ipv4
  else
    ec2_get latest/meta-data/local-ipv4
  fi
}

# ec2_ipv6: 1 where it has none. EC2 gives no other than public ones, but for a network of one's own (fc00::/7).
ec2_ipv6() {
  ec2_get latest/meta-data/ipv6 || return $?
  is_public_ipv6 "$VALUE"
}

# In tenths of a second. Instances of one launch know their place in it, and keep so far apart that their calls come to
# Route53's five a second.
ec2_start_delay() {
  start_step
  ec2_step=$VALUE
  if ec2_get latest/meta-data/ami-launch-index && is_number "$VALUE"; then
    VALUE=$((VALUE * ec2_step))
  else
    VALUE=0
  fi
}

# ec2_is_borrowed: whether EC2 may take this instance back before its time.
ec2_is_borrowed() {
  ec2_get latest/meta-data/instance-life-cycle || return $?
  [ "$VALUE" = spot ]
}

# ec2_notice: VALUE tells what EC2 announces, minutes ahead of it; 1 while that is nothing.
ec2_notice() {
  for ec2_announced in spot/instance-action events/recommendations/rebalance; do
    if ec2_get "latest/meta-data/$ec2_announced"; then
      VALUE="$ec2_announced $VALUE"
      return 0
    fi
  done
  return 1
}

# The instance role's credentials: KEY_ID, KEY_SECRET and KEY_TOKEN. EC2 renews them before they end, so they are read for
# every use. They may be missing in the first seconds after boot.
ec2_role_credentials() {
  ec2_get latest/meta-data/iam/security-credentials/ || {
    PROBLEM='the metadata service has no role credentials: is there an instance profile, with a role in it?'
    return 2
  }
  ec2_get "latest/meta-data/iam/security-credentials/$(printf '%s\n' "$VALUE" | head -n 1)" || return 2
  printf '%s' "$VALUE" | flatten_json >"$WORK/role" || return 2
  json_value AccessKeyId <"$WORK/role"
  KEY_ID=$VALUE
  json_value SecretAccessKey <"$WORK/role"
  KEY_SECRET=$VALUE
  json_value Token <"$WORK/role"
  KEY_TOKEN=$VALUE
  rm -f "$WORK/role"
  if [ -z "$KEY_ID" ] || [ -z "$KEY_SECRET" ]; then
    PROBLEM='the metadata service gave role credentials without a key'
    return 2
  fi
}
