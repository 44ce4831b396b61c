
# Triton: mdata-get where the image has it. Images of 2026 for bhyve have none; cloud-init then knows the instance's id, and
# the addresses stand on the interfaces themselves (Triton translates none).
CLOUDS="$CLOUDS triton"
TRITON_CLOUD_INIT=$ROOT/run/cloud-init/instance-data.json
TRITON_MDATA=''

triton_detect() {
  for triton_place in mdata-get /usr/sbin/mdata-get /lib/smartdc/mdata-get /native/usr/sbin/mdata-get \
    /usr/local/sbin/mdata-get /opt/local/bin/mdata-get; do
    if command -v "$triton_place" >/dev/null 2>&1; then
      TRITON_MDATA=$triton_place
      return 0
    fi
  done
  [ -r "$TRITON_CLOUD_INIT" ] || return 1
  # Not v1.cloud_name, which is "unknown" with NoCloud.
  triton_cloud_init v1.platform || return 1
  case $VALUE in
  joyent | smartos | nocloud) return 0 ;;
  *) return 1 ;;
  esac
}

# triton_mdata KEY. The serial port behind it has one user at a time, so an error is worth another try.
triton_mdata() {
  VALUE=$("$TRITON_MDATA" "$1" 2>"$WORK/mdata")
  case $? in
  0) return 0 ;;
  1)
    PROBLEM="mdata-get knows no $1"
    return 1
    ;;
  *)
    PROBLEM="mdata-get $1 failed: $(head -n 1 "$WORK/mdata")"
    return 2
    ;;
  esac
}

# triton_cloud_init PATH: out of cloud-init's own account of this instance.
triton_cloud_init() {
  if ! flatten_json <"$TRITON_CLOUD_INIT" >"$WORK/cloud-init" 2>/dev/null; then
    PROBLEM="$TRITON_CLOUD_INIT is not whole yet"
    return 2
  fi
  json_value "$1" <"$WORK/cloud-init"
  [ -n "$VALUE" ]
}

triton_instance_id() {
  if [ -n "$TRITON_MDATA" ]; then
    triton_mdata sdc:uuid
  else
    triton_cloud_init v1.instance_id
  fi
}

# triton_address public|private: the first such address, that of the primary interface before others.
triton_address() {
  if [ -n "$TRITON_MDATA" ]; then
    triton_mdata sdc:nics || return $?
    triton_addresses=$(printf '%s' "$VALUE" | flatten_json | awk -F '\t' '
      { split($1, path, ".") }
      path[2] == "ip" { ip[path[1]] = $2 }
      path[2] == "primary" && $2 == "true" { primary = path[1] "" }
      END {
        if (primary in ip) print ip[primary]
        for (nic in ip) if (nic != primary) print ip[nic]
      }
    ')
  else
    triton_addresses=$(ip -o -4 addr show scope global 2>/dev/null | sed -n 's/.* inet \([0-9.]*\).*/\1/p')
  fi
  for triton_one in $triton_addresses; do
    if is_private "$triton_one"; then
      triton_kind=private
    else
      triton_kind=public
    fi
    if [ "$triton_kind" = "$1" ]; then
      VALUE=$triton_one
      return 0
    fi
  done
  PROBLEM="no interface has a $1 address"
  return 1
}

# triton_ipv6: the first public one; 1 where no interface has any.
triton_ipv6() {
  if [ -n "$TRITON_MDATA" ]; then
    triton_mdata sdc:nics || return $?
    # Of several addresses on one interface the list alone names all, each with the length of its prefix.
    triton_addresses=$(printf '%s' "$VALUE" | flatten_json | awk -F '\t' '
      $1 ~ /^[0-9]+\.ips?(\.[0-9]+)?$/ && $2 ~ /:/ { sub(/\/.*/, "", $2); print $2 }
    ')
  else
    triton_addresses=$(ip -o -6 addr show scope global 2>/dev/null | sed -n '/temporary/d; s/.* inet6 \([0-9a-f:]*\).*/\1/p')
  fi
  for triton_one in $triton_addresses; do
    is_public_ipv6 "$triton_one" || continue
    VALUE=$triton_one
    return 0
  done
  return 1
}

# Private (RFC 1918), link-local, and shared by carriers (RFC 6598).
is_private() {
  case $1 in
  10.* | 192.168.* | 169.254.* | 172.1[6-9].* | 172.2[0-9].* | 172.3[01].*) return 0 ;;
  100.6[4-9].* | 100.[7-9][0-9].* | 100.1[01][0-9].* | 100.12[0-7].*) return 0 ;;
  *) return 1 ;;
  esac
}

# In tenths of a second. Nobody here knows its place among the others, nor how many they are.
triton_start_delay() {
  below "$((START_WITHIN * 10))"
}
