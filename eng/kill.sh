#!/usr/bin/env bash
# Kills each command that writes at random times, and looks after each kill whether anything that was finished is lost (docs/reliability.md).
#
#   eng/kill.sh                          200 kills of each command
#   eng/kill.sh 20                       20 of each
#   eng/kill.sh 200 --command caption    200 of one
set -euo pipefail
cd "$(dirname "$0")/.."
times="${1:-200}"
[ $# -eq 0 ] || shift
dotnet build -c Release -v q Blip.Bench
exec dotnet run -c Release --no-build --project Blip.Bench -- kill --times "$times" "$@"
