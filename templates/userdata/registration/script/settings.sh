#!/bin/sh
# mcd-registration keeps this instance in the DNS names of its fleet, from the moment it serves until it shuts down.
# Installed by mcd as part of the userdata; needs only sh, the base tools and curl. It touches no record but its own.
#
#   mcd-registration register     at boot: wait until the service answers, then enter the names
#   mcd-registration deregister   at shutdown: leave them again
#   mcd-registration check [--at-most-every MINUTES]   every minute: put right what was lost or changed
#   mcd-registration watch        where the cloud may take the instance back: leave as soon as it says so
#   mcd-registration status       what is registered, as far as this instance knows
#
# MCD_ROOT prefixes every path, MCD_METADATA_URL replaces EC2's link-local address, MCD_START_WITHIN the seconds in which
# instances that know no place in their launch begin. All three are for mcd's sandbox.
set -u
LC_ALL=C
export LC_ALL
umask 077
PATH="${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
export PATH

ROOT=${MCD_ROOT-}
METADATA_URL=${MCD_METADATA_URL-http://169.254.169.254}
START_WITHIN=${MCD_START_WITHIN-30}
CONFIGURATION=$ROOT/etc/mcd/registration.conf
# What was entered where. It outlives a reboot.
STATE=$ROOT/var/lib/mcd/registration
# Who this instance found itself to be in this boot, the lock, and what must not reach a disk.
RUN=$ROOT/run/mcd-registration
LOG=$ROOT/var/log/mcd-registration.log

# Patience, in seconds. The units' own limits lie above these.
REGISTER_PATIENCE=840
CHECK_PATIENCE=40
DEREGISTER_PATIENCE=40
# Between two looks for an announcement. EC2 gives two minutes and asks for no more than this.
WATCH_TENTHS=50

# Every file in clouds/ adds its name.
CLOUDS=''

# What a function found. A result goes through a variable, since $( ) would lose what else the function learned.
VALUE=''
# Why the last thing failed, for people.
PROBLEM=''

# Functions answer 0 for done, 1 for "no, and trying again does not help", 2 for "not now".
