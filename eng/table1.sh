#!/usr/bin/env bash
# The paper's table 1 in miniature (arXiv 2201.12086): does a data set that a captioner and a filter bootstrapped teach more than the noisy one?
#
#   eng/table1.sh DIR [SEEDS] [STEPS]    runs all of it in DIR (SEEDS: "1 2 3"; STEPS of pre-training: 250); prints the table.
#                                        What is done already is passed over, so that the same line goes on after a stop.
#
# The world: shapes and colours that the demo models do not know. The web: 4000 images, half of their texts wrong. People's pairs: 400.
# Each row pre-trains the demo's matcher and captioner on its pairs and on people's, with the same number of steps:
#   none       the web's texts
#   filter     those that a filter kept
#   captioner  the web's and a captioner's
#   both       of both those that a filter kept
# Captioner and filter are the model of "none", fine-tuned on people's pairs, as in section 3.2 of the paper.
set -euo pipefail

case "${1:-}" in "" | -*) echo "usage: eng/table1.sh DIR [SEEDS] [STEPS]" >&2; exit 2 ;; esac
# Where the user stands, before the next line leaves it.
dir="$(realpath -m -- "$1")"
[ ! -e "$dir" ] || [ -d "$dir" ] || { echo "$0: $1 is no folder" >&2; exit 2; }
seeds="${2:-1 2 3}" steps="${3:-250}"
cd "$(dirname "$0")/.."
blip() { dotnet Blip.Cli/bin/Release/net10.0/blip.dll "$@"; }
bench() { dotnet Blip.Bench/bin/Release/net10.0/Blip.Bench.dll "$@"; }
world=(--shapes moon,kite --colors red,green,blue,yellow,purple,orange,white,black,teal,lime)
common=(--image-size 96 --augment none --no-flip --dropout 0 --attention-dropout 0 --drop-path 0 --clip-norm 1 --weight-decay 0.02 --device cpu)
rows="none filter captioner both"

[ -f Blip.Bench/bin/Release/net10.0/Blip.Bench.dll ] || dotnet build -c Release
mkdir -p "$dir"

# A step that is done leaves a mark; one that was cut off begins anew.
once() {
  local place=$1
  shift
  [ ! -e "$place.done" ] || return 0
  rm -rf "$place"
  echo "$(date +%T) $place" >&2
  "$@" > "$place.log" 2>&1 || { tail -n 5 "$place.log" >&2; exit 1; }
  touch "$place.done"
}

pretrain() {
  local output=$1 seed=$2
  shift 2
  once "$output" blip train pretrain "$@" --model weights/retrieval --captioner weights/captioning --output "$output" --seed "$seed" \
    --steps "$steps" --epochs 1000 --batch-size 32 --schedule constant --learning-rate 3e-4 --warmup-steps 50 --queue-size 512 --label-smoothing 0 \
    --save-steps 100000 "${common[@]}"
}

tune() {
  local task=$1 output=$2 seed=$3 data=$4
  once "$output" blip train "$task" "$data" --model "$5" --output "$output" --seed "$seed" --epochs 10 --batch-size 32 --learning-rate 1e-4 \
    --save-steps 100000 "${common[@]}" "${@:6}"
}

once "$dir/test" bench shapes write "$dir/test" --annotations --new --images 192
for seed in $seeds; do
  at="$dir/$seed"
  mkdir -p "$at"
  once "$at/web" blip bootstrap demo "$at/web" --images 4000 --seed "$seed" --details all "${world[@]}"
  once "$at/human" blip bootstrap demo "$at/human" --images 400 --seed "$((seed + 1000))" --right-share 1 --detail-share 0 "${world[@]}"
  pretrain "$at/none" "$seed" "$at/web" "$at/human"
  tune caption "$at/captioner-model" "$seed" "$at/human" "$at/none" --prompt "" --label-smoothing 0
  tune match "$at/filter-model" "$seed" "$at/human" "$at/none" --queue-size 0
  filter=(--filter "$at/filter-model" --device cpu --human "$at/human")
  once "$at/filter-data" blip bootstrap run "$at/web" --captions 0 "${filter[@]}" --output "$at/filter-data"
  once "$at/both-data" blip bootstrap run "$at/web" --captioner "$at/captioner-model" --prompt "" --max-length 40 "${filter[@]}" --output "$at/both-data"
  once "$at/captioner-data" blip bootstrap select "$at/both-data" "$at/web" --human "$at/human" --itm-threshold none --output "$at/captioner-data"
  for row in filter captioner both; do
    pretrain "$at/$row" "$seed" "$at/$row-data/*.tar"
  done
  for row in $rows; do
    for what in "retrieval --rerank 16" "caption --max-length 40"; do
      file="$at/$row-${what%% *}.json"
      # shellcheck disable=SC2086 # The words are arguments.
      [ -s "$file" ] || { blip eval $what --annotations "$dir/test/captions.json" --images "$dir/test" --model "$at/$row" --device cpu \
        --format json > "$file.part" 2> "$file.log" && mv "$file.part" "$file"; } || { tail -n 5 "$file.log" >&2; exit 1; }
    done
  done
done

number() { grep -o "\"$2\": *[0-9.eE-]*" "$1" | head -n 1 | sed 's/.*: *//'; }
echo "| row | seed | TR@1 | IR@1 | CIDEr |"
echo "|---|---|---|---|---|"
for row in $rows; do
  for seed in $seeds; do
    at="$dir/$seed/$row"
    echo "$row $seed $(number "$at-retrieval.json" 'image to text, recall@1') $(number "$at-retrieval.json" 'text to image, recall@1') $(number "$at-caption.json" 'CIDEr')"
  done
done | awk '
  { printf "| %s | %s | %.1f | %.1f | %.1f |\n", $1, $2, 100 * $3, 100 * $4, 100 * $5; n[$1]++; t[$1] += $3; i[$1] += $4; c[$1] += $5 }
  END { split("none filter captioner both", rows, " ")
        for (k = 1; k <= 4; k++) { r = rows[k]; printf "| **%s** | mean of %d | %.1f | %.1f | %.1f |\n", r, n[r], 100 * t[r] / n[r], 100 * i[r] / n[r], 100 * c[r] / n[r] } }'
