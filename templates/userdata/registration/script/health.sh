
# service_answers: one health check, as mcd itself makes it: a page with 200 to 399, over TLS whatever the certificate; or a
# connection that opens.
service_answers() {
  case $MCD_HEALTH_PROTOCOL in
  tcp)
    # FTP, since every curl knows it and it waits to be greeted: nothing is sent. Loopback needs no longer than a second.
    health_url=tcp://127.0.0.1:$MCD_HEALTH_PORT
    health_status="$(
      curl --silent --noproxy '*' --max-time 1 --output /dev/null --write-out '%{num_connects}' "ftp${health_url#tcp}"
    ) connections"
    ;;
  https)
    health_url=https://$MCD_OWNER:$MCD_HEALTH_PORT$MCD_HEALTH_PATH
    ask_for_page --insecure --resolve "$MCD_OWNER:$MCD_HEALTH_PORT:127.0.0.1"
    ;;
  *)
    health_url=http://127.0.0.1:$MCD_HEALTH_PORT$MCD_HEALTH_PATH
    ask_for_page
    ;;
  esac
  case $health_status in
  'HTTP '[23]?? | '1 connections') return 0 ;;
  *) return 1 ;;
  esac
}

# ask_for_page [OPTIONS]
ask_for_page() {
  health_status="HTTP $(
    curl --silent --noproxy '*' --max-time "$MCD_HEALTH_TIMEOUT" --output /dev/null --write-out '%{http_code}' \
      --header "Host: $MCD_OWNER" --user-agent 'mcd health check' "$@" "$health_url"
  )"
}

# service_is_well: whether it answers so many times in a row. While an instance boots the checks come at least once a
# second: nobody is served yet who could be disturbed.
service_is_well() {
  health_pause=$MCD_HEALTH_INTERVAL_TENTHS
  [ "$health_pause" -le 10 ] || health_pause=10
  health_count=0
  while service_answers; do
    health_count=$((health_count + 1))
    [ "$health_count" -lt "$MCD_HEALTH_COUNT" ] || return 0
    pause "$health_pause"
  done
  PROBLEM="the service does not answer at $health_url ($health_status)"
  return 2
}

# wait_for_service: until it is well, or patience ends.
wait_for_service() {
  service_is_well && return 0
  say "$PROBLEM; waiting for it"
  until service_is_well; do
    [ "$(now)" -lt "$DEADLINE" ] || return 2
    pause "$health_pause"
  done
}
