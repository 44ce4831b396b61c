#!/bin/sh
# Puts this instance's registration into place and starts it. Written by mcd; may run any number of times.
set -eu
root=${MCD_ROOT-}

# place MODE PATH < CONTENT
place() {
  mkdir -p "$(dirname "$root$2")"
  (umask 077 && cat >"$root$2.new")
  chmod "$1" "$root$2.new"
  mv -f "$root$2.new" "$root$2"
}

# mcd: the files

# With SmartOS's data source cloud-init writes all that it reads into its log, the credentials above among it.
if [ -e "$root/var/log/cloud-init.log" ]; then
  chmod 600 "$root/var/log/cloud-init.log"
fi

if [ -z "$root" ] && command -v systemctl >/dev/null 2>&1; then
  systemctl daemon-reload
  set -- mcd-registration.service mcd-registration-check.timer mcd-registration-watch.service
  systemctl enable "$@"
  # Not waited for: cloud-init, which runs this, must not wait for a service that it may yet have to install.
  systemctl start --no-block "$@"
fi
