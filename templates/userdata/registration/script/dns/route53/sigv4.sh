
# AWS Signature Version 4, as curl configuration. curl signs since 7.75, and only since 7.86 does it sign the header that
# carries the token of temporary credentials. For older ones (Ubuntu 22.04 has 7.81) it is done here, with sha256sum alone:
# openssl would take the key as an argument, for everybody to see.

# sign METHOD URL QUERY [BODY-FILE]: 1 where neither can be.
sign() {
  [ -z "${4-}" ] || printf 'header = "Content-Type: text/xml"\n'
  if curl_signs; then
    [ -z "$KEY_TOKEN" ] || printf 'header = "X-Amz-Security-Token: %s"\n' "$(quoted "$KEY_TOKEN")"
    printf 'aws-sigv4 = "aws:amz:us-east-1:route53"\nuser = "%s"\n' "$(quoted "$KEY_ID:$KEY_SECRET")"
    return
  fi
  if ! command -v sha256sum >/dev/null 2>&1; then
    PROBLEM="curl ${curl_version:-of unknown version} is too old to sign requests to Route53, and there is no sha256sum to do it with"
    return 1
  fi
  sign_date=$(date -u +%Y%m%dT%H%M%SZ)
  sign_host=$(host_of "$2")
  sign_rest=${2#*://}
  sign_headers="${4:+content-type;}host;x-amz-date${KEY_TOKEN:+;x-amz-security-token}"
  sign_scope="${sign_date%T*}/us-east-1/route53/aws4_request"
  sign_request=$(
    printf '%s\n/%s\n%s\n' "$1" "${sign_rest#*/}" "$3"
    [ -z "${4-}" ] || printf 'content-type:text/xml\n'
    printf 'host:%s\nx-amz-date:%s\n' "$sign_host" "$sign_date"
    [ -z "$KEY_TOKEN" ] || printf 'x-amz-security-token:%s\n' "$KEY_TOKEN"
    printf '\n%s\n%s' "$sign_headers" "$(sha256 <"${4:-/dev/null}")"
  )
  sign_text=$(printf 'AWS4-HMAC-SHA256\n%s\n%s\n%s' "$sign_date" "$sign_scope" "$(printf '%s' "$sign_request" | sha256)")
  sign_key=$(printf 'AWS4%s' "$KEY_SECRET" | hex)
  for sign_part in "${sign_date%T*}" us-east-1 route53 aws4_request "$sign_text"; do
    sign_key=$(hmac "$sign_key" "$sign_part")
  done
  printf 'header = "X-Amz-Date: %s"\n' "$sign_date"
  [ -z "$KEY_TOKEN" ] || printf 'header = "X-Amz-Security-Token: %s"\n' "$(quoted "$KEY_TOKEN")"
  printf 'header = "Authorization: AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s"\n' \
    "$(quoted "$KEY_ID")" "$sign_scope" "$sign_headers" "$sign_key"
}

# curl_signs: whether this curl signs all that we send.
curl_signs() {
  curl_version=$(curl --version | sed -n '1s/^curl \([0-9]*\.[0-9]*\).*/\1/p')
  curl_major=${curl_version%.*}
  [ "${curl_major:-0}" -gt 7 ] || { [ "${curl_major:-0}" -eq 7 ] && [ "${curl_version#*.}" -ge 86 ]; }
}

sha256() {
  sha256sum | cut -c 1-64
}

hex() {
  od -An -v -tx1 | tr -d ' \n'
}

# hmac KEY-IN-HEX TEXT: HMAC-SHA256 in hex (RFC 2104).
hmac() {
  hmac_key=$1
  [ "${#hmac_key}" -le 128 ] || hmac_key=$(hmac_bytes "$hmac_key" -1 | sha256)
  hmac_inner=$({
    hmac_bytes "$hmac_key" 54
    printf '%s' "$2"
  } | sha256)
  {
    hmac_bytes "$hmac_key" 92
    hmac_bytes "$hmac_inner" -1
  } | sha256
}

# hmac_bytes HEX PAD: the bytes, filled up to a block of 64 with zeros and each XOR-ed with PAD; with PAD -1 just the bytes.
hmac_bytes() {
  hmac_rest=$1
  hmac_pad=$2
  if [ "$hmac_pad" -lt 0 ]; then
    hmac_pad=0
  else
    while [ "${#hmac_rest}" -lt 128 ]; do hmac_rest=${hmac_rest}0; done
  fi
  hmac_octal=''
  while [ -n "$hmac_rest" ]; do
    hmac_tail=${hmac_rest#??}
    hmac_byte=$((0x${hmac_rest%"$hmac_tail"} ^ hmac_pad))
    hmac_octal="$hmac_octal\\0$((hmac_byte >> 6))$((hmac_byte >> 3 & 7))$((hmac_byte & 7))"
    hmac_rest=$hmac_tail
  done
  printf '%b' "$hmac_octal"
}
