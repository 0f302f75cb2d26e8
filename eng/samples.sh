#!/usr/bin/env bash
# Runs every sample program as a reader does, with dotnet run, and looks at what it prints. FOLDER keeps what they write.
#
#   eng/samples.sh FOLDER
set -uo pipefail
cd "$(dirname "$0")/.."
[ -n "${1:-}" ] || { echo "usage: eng/samples.sh FOLDER" >&2; exit 2; }
mkdir -p "$1" || exit 2
work="$(realpath -- "$1")"
failed=0
wrong() { echo "wrong: $*" >&2; failed=1; }

# sample NAME PATTERN [ARGUMENT...]: runs samples/NAME.cs, whose output has a line that the pattern finds.
sample() {
  local name=$1 pattern=$2
  shift 2
  echo "\$ dotnet run samples/$name.cs $*"
  timeout 10m dotnet run "samples/$name.cs" "$@" > "$work/$name.txt" 2>&1 || wrong "samples/$name.cs ended with status $?"
  tail -n 3 "$work/$name.txt"
  grep -q -- "$pattern" "$work/$name.txt" || wrong "samples/$name.cs prints no line with '$pattern'"
}

rm -f artifacts/samples.index*
sample caption '^a large white ring on a cyan background$'
sample match '^0.99 0.98 a large white ring'
sample ask '^cyan$'
sample embed '^weights/samples/03.png, '
sample search '^0.*03.png$'
sample chat '^a large white ring on a cyan background$'
sample attention '  ring: row '
echo "\$ blip trace"
dotnet run --project Blip.Cli -- trace weights/samples/00.png --output "$work/trace.safetensors" > "$work/blip-trace.txt" 2>&1 || wrong "blip trace ended with status $?"
sample trace '^pixel_values  *F32 .1, 3, 96, 96.' "$work/trace.safetensors"

# Images with their captions beside them.
own="$work/own"
rm -rf "$own" "$work/tuned" "$work/clean" && mkdir -p "$own"
awk -F '"' '$2 == "file" { file = $4 } $2 == "caption" { print file "\t" $4 }' weights/samples/samples.json |
  while IFS="$(printf '\t')" read -r image caption; do
    cp "weights/samples/$image" "$own/" && echo "$caption" > "$own/${image%.png}.txt"
  done
sample fine-tune 'own/00.png: a ' "$own" "$work/tuned"
sample bootstrap '^1 of 1 shards are done$' "$own" "$work/clean"

if command -v curl > /dev/null; then
  echo "\$ dotnet run samples/web.cs"
  timeout 10m dotnet run samples/web.cs --urls http://127.0.0.1:0 > "$work/web.txt" 2>&1 &
  server=$!
  for _ in $(seq 600); do
    address="$(sed -n 's/.*Now listening on: *\(http[^ ]*\).*/\1/p' "$work/web.txt")"
    [ -n "$address" ] && break
    kill -0 "$server" 2> /dev/null || break
    sleep 0.5
  done
  # 503 until the models are loaded: curl tries again.
  answer="$(curl -s --max-time 60 --retry 60 --retry-delay 1 --data-binary @weights/samples/00.png -H 'Content-Type: image/png' "${address:-http://127.0.0.1:9}/caption")"
  echo "$answer"
  case "$answer" in *"a large white ring on a cyan background"*) ;; *) wrong "samples/web.cs answered otherwise" ;; esac
  kill -INT "$server"
  wait "$server"
else
  echo "skipped: asking samples/web.cs needs curl"
fi
exit $failed
