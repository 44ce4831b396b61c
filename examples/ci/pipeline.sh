#!/bin/sh
# Rehearses a deployment in the embedded clouds: plan, up, check, down. No account, no cost, no terminal, no question.
#
#   examples/ci/pipeline.sh [FLEET-FILE]
#
# MCD says how mcd is called where it is not on the PATH: MCD='npx mcd'. Without --sandbox the same steps deploy for real.
set -eu

file=${1:-mcd.yaml}
plan=$(mktemp)
running=

# Runners signal this shell alone, which would hear of it when mcd has ended: so mcd runs beside it.
mcd() {
  # shellcheck disable=SC2086 # it may be several words
  command ${MCD:-mcd} "$@" --file "$file" &
  running=$!
  wait "$running"
}
step() { printf '\n== %s\n' "$*" >&2; }

end() {
  rm -f "$plan"
  mcd sandbox stop
}
trap end EXIT
trap 'kill -TERM "$running" 2>/dev/null; wait "$running"; exit 143' TERM
# A terminal's Ctrl-C reaches mcd, too.
trap 'wait "$running"; exit 130' INT

step plan
status=0
mcd plan --sandbox --detailed-exitcode --out "$plan" || status=$?
case $status in
  0) echo 'The fleet is as declared.' ;;
  10) ;; # there is something to do
  *) exit "$status" ;;
esac

step up
status=0
mcd up --sandbox --plan "$plan" || status=$?
case $status in
  0) ;;
  # Partly done: some cloud fell short. Running again is safe, and goes on from there.
  3) mcd up --sandbox ;;
  *) exit "$status" ;;
esac

step check
mcd status --sandbox --check

step down
mcd down --sandbox --yes
