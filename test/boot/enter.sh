#!/bin/sh
# The first process of the namespaces that the boots run in: a network of its own with nothing but loopback, its own view of
# the control groups whatever the machine's layout is, and memory for everything that is written.
#
#   enter.sh COMMAND…
set -eu
ip link set lo up
mount -t tmpfs -o mode=755 tmpfs /run
# This namespace's network interfaces. Read-only at the end: systemd-nspawn then asks no udev about them.
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir "/sys/fs/cgroup/$MCD_BOOT_GROUP"
mount -o remount,bind,ro /sys
mkdir /run/mcd-boot
# Not exec: this process stays, and collects those whose parents ended.
"$@"
