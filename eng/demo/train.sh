#!/usr/bin/env bash
# Trains the demo's three checkpoints with this project, from drawn weights, and scores each on scenes that training did not see.
#
#   eng/demo/train.sh DIR [caption] [match] [vqa]    each is trained in DIR/caption, DIR/match, DIR/vqa; the same line goes on after a stop
#
# The numbers are those of README.md beside this script. About an hour for each on two cores.
set -euo pipefail

case "${1:-}" in "" | -*) echo "usage: eng/demo/train.sh DIR [caption] [match] [vqa]" >&2; exit 2 ;; esac
# Where the user stands, before the next line leaves it.
dir="$(realpath -m -- "$1")"
[ ! -e "$dir" ] || [ -d "$dir" ] || { echo "$0: $1 is no folder" >&2; exit 2; }
shift
tasks="${*:-caption match vqa}"
cd "$(dirname "$0")/../.."
blip() { dotnet Blip.Cli/bin/Release/net10.0/blip.dll "$@"; }
bench() { dotnet Blip.Bench/bin/Release/net10.0/Blip.Bench.dll "$@"; }
[ -f Blip.Bench/bin/Release/net10.0/Blip.Bench.dll ] || dotnet build -c Release
mkdir -p "$dir"

common=(--init random --image-size 96 --augment none --no-flip --batch-size 64 --learning-rate 8e-4 --warmup-steps 200 --weight-decay 0.02
  --clip-norm 1 --dropout 0 --attention-dropout 0 --drop-path 0 --max-tokens 30 --seed 1 --device cpu)

# The folder is made in one step, so that one that was cut off is not taken for a whole one.
data() {
  [ -d "$dir/$1-data" ] || { rm -rf "$dir/$1-part"; bench shapes write "$dir/$1-part" --task "$1" --images "$2"; mv "$dir/$1-part" "$dir/$1-data"; }
}

train() {
  local task=$1 model=$2 resume=()
  shift 2
  [ ! -f "$dir/$task/training-state.safetensors" ] || resume=(--resume)
  blip train "$task" "$@" --model "weights/$model" --output "$dir/$task" "${common[@]}" "${resume[@]}"
  bench shapes score "weights/$model" "$dir/$task" --task "$task"
}

for task in $tasks; do
  case "$task" in
    caption)
      data caption 24000
      train caption captioning "$dir/caption-data" --epochs 11 --prompt "" --label-smoothing 0
      ;;
    match)
      # Scenes that differ in one detail stand together, so that a batch holds their hard negatives.
      data match 24000
      train match retrieval "$dir/match-data" --epochs 9 --no-shuffle --queue-size 0 --alpha 0
      ;;
    vqa)
      data vqa 12000
      train vqa vqa "$dir/vqa-data/questions.json" --images "$dir/vqa-data" --epochs 8 --label-smoothing 0
      ;;
    *)
      echo "$0: there is no task '$task': caption, match, vqa" >&2
      exit 2
      ;;
  esac
done
