#!/usr/bin/env bash
# Installs mcd in the action's own checkout: the version of the action is the version of mcd. Once for a job.
set -euo pipefail
cd "$GITHUB_ACTION_PATH"

if [ -f dist/main.cjs ] && [ -d node_modules ]; then exit 0; fi
if ! command -v npm >/dev/null; then
  echo '::error title=mcd::mcd needs Node 20 or newer with npm: put actions/setup-node before this step.'
  exit 69
fi
echo '::group::npm ci'
# mcd is built where it is installed, also in a job that sets NODE_ENV=production.
npm ci --include=dev --no-audit --no-fund
echo '::endgroup::'
