#!/bin/bash
# Between a guest of the emulator and a port of the cloud side: one connection, over standard input and output.
#
#   relay.sh PORT
exec 3<>"/dev/tcp/127.0.0.1/$1" 4<&0 || exit 1
cat <&3 &
cat <&4 >&3 &
# Whoever hangs up first ends it.
wait -n
kill %1 %2 2>/dev/null
