
# http METHOD URL [BODY-FILE]: one request. Its standard input is curl configuration, so that neither a token nor a key ever
# stands on a command line. STATUS becomes the HTTP status, or 000 and PROBLEM where there was no answer; the answer lies in
# the file $REPLY, its headers in $HEADERS. RETRY_AFTER grows to what a 429 or 503 asks for, in seconds.
http() {
  STATUS=$(
    {
      cat
      if [ -n "${3-}" ]; then
        printf 'data-binary = "@%s"\n' "$3"
      fi
    } | curl --silent --show-error --connect-timeout 5 --max-time 20 --request "$1" \
      --output "$REPLY" --dump-header "$HEADERS" --write-out '%{http_code}' --config - "$2" 2>"$WORK/curl"
  )
  http_curl=$?
  if [ "$http_curl" -ne 0 ]; then
    STATUS=000
    http_why=$(sed 's/^curl: ([0-9]*) //' "$WORK/curl" | head -n 1)
    PROBLEM="no answer from $(host_of "$2"): ${http_why:-curl ended with $http_curl}"
    # 35 and 60: the certificate. A clock that is wrong by years makes every certificate look bad.
    case $http_curl in
    35 | 60) PROBLEM="$PROBLEM (this instance's clock says $(date -u +%Y-%m-%dT%H:%M:%SZ); is it right?)" ;;
    esac
    return
  fi
  http_after=$(header retry-after)
  case $STATUS in
  429 | 503)
    case $http_after in
    '' | *[!0-9]*) ;;
    *) [ "$http_after" -le "$RETRY_AFTER" ] || RETRY_AFTER=$http_after ;;
    esac
    ;;
  esac
}

# header NAME: of the last answer.
header() {
  tr -d '\r' <"$HEADERS" | sed -n "s/^$1: *//Ip" | tail -n 1
}

# host_of URL
host_of() {
  host_rest=${1#*://}
  echo "${host_rest%%/*}"
}

# worth_another_try: whether this status says "not now".
worth_another_try() {
  case $STATUS in
  000 | 408 | 425 | 429 | 5??) return 0 ;;
  *) return 1 ;;
  esac
}

# quoted VALUE: inside the double quotes of a line of curl configuration.
quoted() {
  printf '%s' "$1" | sed 's/[\\"]/\\&/g'
}
