#!/usr/bin/env bash
# One command of mcd as a step of a GitHub Actions job; action.yml starts it. What a user gave comes in the environment and
# reaches mcd as whole arguments: no shell ever reads it.
set -uo pipefail

fail() {
  printf '::error title=mcd::%s\n' "$1"
  exit 2
}

command=$INPUT_COMMAND
case $command in
  plan | up | down | status | sync | doctor) ;;
  *) fail 'The input "command" must be plan, up, down, status, sync or doctor.' ;;
esac
case $INPUT_YES in
  true | false) ;;
  *) fail "The input \"yes\" must be 'true' or 'false'." ;;
esac
case $INPUT_PLAN_FILE in
  *$'\n'*) fail 'The input "plan-file" must be one path.' ;;
esac

results=$(mktemp -d "$RUNNER_TEMP/mcd.XXXXXX") || exit 1
comment=$results/comment.md
said=$results/stderr
plan_file=

# Each line of an input as one argument, behind a flag where one is given.
arguments=("$command")
add_lines() {
  local line
  while IFS= read -r line; do
    line=${line%$'\r'}
    [ -n "$line" ] && arguments+=(${2:+"$2"} "$line")
  done <<<"$1"
}
add_lines "$INPUT_FILE" --file
add_lines "$INPUT_SET" --set
case $command in
  plan)
    plan_file=${INPUT_PLAN_FILE:-$results/plan.json}
    [[ $plan_file = /* ]] || plan_file=$PWD/$plan_file
    arguments+=(--detailed-exitcode --out "$plan_file")
    ;;
  up) [ -n "$INPUT_PLAN_FILE" ] && arguments+=(--plan "$INPUT_PLAN_FILE") ;;
  status) arguments+=(--check) ;;
esac
case $command in
  plan | up | down | status) arguments+=(--format markdown) ;;
esac
case $command in
  up | down | sync) [ "$INPUT_YES" = true ] && arguments+=(--yes) ;;
esac
add_lines "$INPUT_ARGS"

# A line that reads like a command of the runner is none, wherever it comes from, but for mcd's own annotations. To the runner
# a carriage return ends a line, too, and a blank of any script may stand before a command.
defused() {
  sed -u -E -e $'s/\r/ /g' -e '/^::(error|warning) title=mcd /b' \
    -e 's/^([^[:alnum:]:]*)::/\1: :/' -e 's/##\[/# #[/g'
}

mkfifo "$results/log"
defused <"$results/log" | tee "$said" >&2 &
log=$!
node "$GITHUB_ACTION_PATH/bin/mcd.js" "${arguments[@]}" >"$results/stdout" 2>"$results/log" &
mcd=$!

# A cancelled job gets SIGINT, after 7.5 s SIGTERM, and is killed after 10 s. mcd is told once: a second signal would stop it
# before it has given the lease back.
told=
interrupted=
trap 'interrupted=yes; [ -n "$told" ] || { told=yes; kill -TERM "$mcd"; }' INT TERM HUP
while
  wait "$mcd"
  status=$?
  [ -n "$interrupted" ]
do
  # A signal ends the waiting, not mcd.
  interrupted=
done
wait "$log"

changes=false
[ "$status" = 10 ] && changes=true

# Indented it is shown letter by letter, whatever it holds. Long ones are cut at the beginning: the end says what is wrong.
MAX_LINES=100
quoted() {
  local lines
  lines=$(wc -l <"$1")
  [ "$lines" -gt "$MAX_LINES" ] && printf 'The last %d of %d lines; the log of the job has all.\n\n' "$MAX_LINES" "$lines"
  tail -n "$MAX_LINES" "$1" | sed -E -e '/^::/d' -e 's/^(.{400}).+/\1…/' -e 's/^/    /'
}

# By this a later run finds the comment of the same command on the same fleet. Nothing in it can end the comment early.
marker() {
  local about="$command ${PWD#"${GITHUB_WORKSPACE:-}"} $INPUT_FILE"
  printf '<!-- mcd:%s -->\n' "$(printf %s "$about" | tr -cs 'A-Za-z0-9._/' '-')"
}

body() {
  if [ -s "$results/stdout" ]; then
    case $command in
      plan | up | down | status) cat "$results/stdout" ;;
      *) printf '### mcd %s\n\n' "$command" && quoted "$results/stdout" ;;
    esac
    # What failed after the result was shown, as a plan that could not be saved, stands in no result. Both fit a comment.
    case $command$status in
      *[a-z]0 | *[a-z]3 | *[a-z]10 | doctor1) ;;
      *) printf '\n**Exit status %d**\n\n' "$status" && MAX_LINES=10 quoted "$said" ;;
    esac
  else
    printf '### mcd %s: exit status %d\n\n' "$command" "$status"
    quoted "$said"
  fi
}

{
  marker
  body
  printf '\n<sub>Commit %s, [run %s](%s/%s/actions/runs/%s).</sub>\n' "${GITHUB_SHA:0:7}" "$GITHUB_RUN_NUMBER" \
    "$GITHUB_SERVER_URL" "$GITHUB_REPOSITORY" "$GITHUB_RUN_ID"
} >"$comment"

cat "$comment" >>"$GITHUB_STEP_SUMMARY"
defused <"$comment"
[ -n "$plan_file" ] && ! [ -f "$plan_file" ] && plan_file=
printf '%s\n' "exit-code=$status" "changes=$changes" "plan-file=$plan_file" "comment-file=$comment" >>"$GITHUB_OUTPUT"

# That there is something to do is what a plan is asked for.
[ "$command" = plan ] && [ "$status" = 10 ] && exit 0
exit "$status"
