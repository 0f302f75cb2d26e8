#!/usr/bin/env bash
# All that a machine with an NVIDIA GPU is wanted for, in one command: tests, recorded answers, the sanitizer, benchmarks, other libraries.
#
#   eng/gpu.sh pack               here, with the .NET SDK: a self-contained build of tests, benchmarks and tool, to artifacts/gpu/blip.tar.xz.
#                                 With the checkout, which brings weights and recorded answers, it must stay below 64 MiB.
#   eng/gpu.sh run [DIR]          there, without SDK or network, in the same checkout with artifacts/gpu beside it: everything,
#                                 to DIR/report.json and DIR/report.md (default artifacts/gpu/report). Exit status 0 only if nothing failed.
#   eng/gpu.sh run --short [DIR]  a minute or two: a part of the tests and one image, to see that the script itself works. With
#                                 BLIP_CUDA=emulated it needs no GPU, and this is how CI runs it.
#   eng/gpu.sh run --minutes N [DIR]  steps in the order of their worth until N minutes are over, unpacking and report included. A step that
#                                 the end cuts off, and those behind it, are left to the next call.
#   eng/gpu.sh run --continue [DIR]  steps that DIR has no result of; with --minutes as well. A GPU is paid by the minute, its start included:
#                                 9 minutes, and 4 more with --continue, give every figure that the README wants.
#
# BLIP_GPU_LIMIT=SECONDS stops each step after so long, and BLIP_GPU_FOLDER=DIR takes the place of artifacts/gpu: to rehearse the long run.
#
# It changes no setting of the GPU. Python, torch, transformers and compute-sanitizer are used where they are, and said to be missing where not.
set -uo pipefail
cd "$(dirname "$0")/.."

limit=$((64 << 20))
folder="${BLIP_GPU_FOLDER:-artifacts/gpu}"
archive="$folder/blip.tar.xz"
app="$folder/app"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1

give_up() { echo "eng/gpu.sh: $*" >&2; exit 2; }
case "${BLIP_GPU_LIMIT:-1}" in *[!0-9]* | 0*) give_up "BLIP_GPU_LIMIT is '$BLIP_GPU_LIMIT'; give seconds, 1 or more" ;; esac

size_of() { stat -c %s "$1"; }

pack() {
  command -v dotnet > /dev/null || give_up "pack needs the .NET SDK"
  local build="$folder/build" project
  rm -rf "$build" "$archive" && mkdir -p "$build" || give_up "cannot write to $folder"
  # Tests stand on all the others: what they are published with serves all three programs.
  for project in Blip.Cli Blip.Bench Blip.Tests; do
    dotnet publish "$project" -c Release -r linux-x64 --self-contained true -p:DebugType=none -p:SatelliteResourceLanguages=en \
      -p:PublishReadyToRun=false -o "$build" -v quiet || give_up "$project could not be published"
  done
  # The checkout has these already; 'run' links to them.
  rm -rf "$build/Goldens" "$build/weights" "$build/.playwright"
  # What only debuggers, tracers and disassemblers load, garbage collectors that nobody chose, and the second readers of Parquet
  # files and Kubernetes manifests: no test that runs there has any.
  find "$build" \( -name '*.xml' -o -name 'ParquetSharp*' -o -name 'Apache.Arrow*' -o -name 'KubernetesClient*' -o -name 'YamlDotNet*' -o -name 'Microsoft.Diagnostics.Runtime*' -o -name 'libcapstone*' -o -name 'msdia*' -o -name 'libmscord*' -o -name createdump \
    -o -name 'libclrgc*' -o -name 'libcoreclrtraceptprovider*' -o -name 'Microsoft.VisualBasic*' \
    -o -name 'Microsoft.Diagnostics.Tracing.TraceEvent*' -o -name 'System.Private.DataContractSerialization*' \) -delete
  # The web server, its page's browser, its clients and other hosts: no test that runs there has any.
  find "$build" \( -name 'Microsoft.AspNetCore*' -o -name 'Microsoft.Playwright*' -o -name 'playwright*' -o -name 'Deque.*' -o -name 'OpenAI*' -o -name 'System.ClientModel*' \
    -o -name 'Scalar.*' -o -name 'Microsoft.OpenApi*' -o -name 'OpenTelemetry*' -o -name 'Microsoft.Extensions.Identity*' -o -name 'Newtonsoft.Json*' \
    -o -name 'System.Security.Cryptography.Pkcs*' -o -name 'System.Security.Cryptography.Xml*' -o -name 'System.Net.Quic*' -o -name 'System.Net.HttpListener*' \
    -o -name 'System.Formats.Cbor*' -o -name 'NATS*' -o -name 'Google.Protobuf*' -o -name 'Microsoft.Extensions.AI*' \
    -o -name Parquet.dll -o -name Snappier.dll -o -name ZstdSharp.dll -o -name Microsoft.CSharp.dll -o -name 'System.Net.Mail*' -o -name 'System.Net.WebClient*' \
    -o -name 'System.Transactions.Local*' -o -name System.Formats.Tar.dll \) -delete
  rm -rf "$build/amd64"
  tar -C "$build" -cf - . | xz -T1 -9 > "$archive" || give_up "$archive could not be written"
  rm -rf "$build"
  local tree packed
  # What git has or would take up, as it travels.
  tree=$(git ls-files -z --cached --others --exclude-standard | xargs -0 stat -c %s 2> /dev/null | awk '{ n += $1 } END { print n + 0 }')
  packed=$(size_of "$archive")
  echo "checkout $((tree >> 20)) MiB, $archive $((packed >> 20)) MiB, of $((limit >> 20)) MiB"
  [ $((tree + packed)) -le "$limit" ] || give_up "together they are above the limit: $((tree + packed)) bytes"
}

# Name, tab, value.
machine() {
  printf 'system\t%s\n' "$(uname -srm)"
  printf 'processor\t%s, %s cores\n' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)"
  if [ -n "${BLIP_CUDA:-}" ]; then
    printf 'driver\t%s: no GPU, and no figure of this run is one\n' "$BLIP_CUDA"
  elif command -v nvidia-smi > /dev/null; then
    printf 'GPU\t%s\n' "$(nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.sm,clocks.mem --format=csv,noheader | paste -sd ';')"
  else
    printf 'GPU\tnvidia-smi is not there\n'
  fi
  printf 'commit\t%s\n' "$(git rev-parse --short HEAD 2> /dev/null || echo unknown)"
}

record() { printf '%s\t%s\t%s\t%s\t%s\n' "$@" >> "$report/steps.tsv"; printf '%-28s %-8s %7s s  %s\n' "$1" "$2" "$3" "$5"; }

# Seconds that are left; many where no time was given.
left() { [ -n "$ends" ] && echo $((ends - $(date +%s))) || echo 1000000; }

is_done() { cut -f 1 "$report/steps.tsv" | grep -qxF -- "$1"; }

skip() { is_done "$1" || record "$1" skipped 0 "" "$2"; }

# step NAME SECONDS COMMAND…: runs it with a limit, keeps its output, and goes on whatever comes of it.
step() {
  local name=$1 seconds=$2 log began status detail cut=""
  shift 2
  is_done "$name" && return
  [ -n "${BLIP_GPU_LIMIT:-}" ] && [ "$BLIP_GPU_LIMIT" -lt "$seconds" ] && seconds=$BLIP_GPU_LIMIT
  if [ "$(left)" -lt "$seconds" ]; then
    seconds=$(left) cut=1
    # Programs need some seconds to begin.
    [ "$seconds" -ge "$least" ] || { later+=("$name"); return; }
  fi
  log="$(echo "$name" | tr -c 'a-z0-9\n' '-').log"
  began=$(date +%s.%N)
  timeout -k 10 "$seconds" "$@" > "$report/$log" 2>&1
  status=$?
  # A test run's own words: "total: 12  failed: 0 …".
  detail=$(sed -n 's/^ *\(total\|failed\|succeeded\|skipped\): /\1 /p' "$report/$log" | paste -sd ' ')
  # 137: it did not heed the first signal.
  case "$status" in
    124 | 137)
      [ -z "$cut" ] || { later+=("$name"); return; }
      detail="stopped after $seconds s"
      ;;
  esac
  record "$name" "$([ "$status" -eq 0 ] && echo passed || echo failed)" "$(awk -v a="$began" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f", b - a }')" "$log" "${detail:-exit $status}"
  [ "$status" -eq 0 ] || tail -n 5 "$report/$log" | sed 's/^/    /'
}

# The captions of the samples are those that were recorded.
samples() {
  local count=$1 precision=$2 expected
  expected=$(awk -F '"' '$2 == "file" { file = $4 } $2 == "caption" { print "weights/samples/" file "\t" $4 }' weights/samples/samples.json | head -n "$count")
  # shellcheck disable=SC2046 # Paths of ours, without spaces.
  diff <(echo "$expected") <("$app/blip" caption $(echo "$expected" | cut -f 1) weights/samples/absent.png --device cuda --precision "$precision" 2> >(grep -v absent.png >&2))
}

sanitize() {
  compute-sanitizer --tool "$1" --error-exitcode 9 --target-processes all "$app/blip" caption weights/samples/00.png --device cuda
}

# Only what is about CUDA: the rest was tested where this was built.
tests() { BLIP_TEST_DEVICES=cuda BLIP_TESTS=full "$app/Blip.Tests" --progress off --no-ansi "$@"; }

run() {
  local short="" continued="" least=10 later=()
  ends=""
  while :; do
    case "${1:-}" in
      --short) short=1 ;;
      --continue) continued=1 ;;
      --minutes)
        [[ "${2:-}" =~ ^[0-9]+(\.[0-9]+)?$ ]] || give_up "--minutes is '${2:-}'; give a number of minutes, such as 9 or 3.5"
        # The report takes the rest.
        ends=$(awk -v now="$(date +%s)" -v minutes="$2" 'BEGIN { printf "%d", now + 60 * minutes - 10 }')
        shift
        ;;
      -*) give_up "run knows --short, --minutes and --continue, not '$1'" ;;
      *) break ;;
    esac
    shift
  done
  report="${1:-$folder/report}"
  [ -f "$archive" ] || give_up "$archive is not there: run 'eng/gpu.sh pack' where the SDK is, and bring it along"
  rm -rf "$app" && mkdir -p "$app" "$report" || give_up "cannot write to $folder or $report"
  report="$(cd "$report" && pwd)"
  [ -n "$continued" ] || rm -f "$report"/*.tsv "$report"/*.json "$report"/*.log "$report"/*.md "$report"/*.txt
  tar -C "$app" -xJf "$archive" || give_up "$archive cannot be unpacked (xz is needed)"
  ln -sfn "$PWD/Blip.Tests/Goldens" "$app/Goldens"
  ln -sfn "$PWD/weights" "$app/weights"
  touch "$report/steps.tsv"
  rm -f "$report/later.txt"
  machine | tee "$report/machine.tsv"
  # Nothing of the programs knows of an emulated driver: .NET starts it before them.
  [ -z "${BLIP_CUDA:-}" ] || export DOTNET_STARTUP_HOOKS="$(cd "$app" && pwd)/Blip.Emulation.dll"
  export -f samples sanitize tests tests_of
  export app report

  # What is wanted most comes first: right kernels, right words, the rows that people compare, a step of training.
  step "devices" 60 bash -c '"$app/blip" devices && "$app/blip" devices | grep -q cuda:0'
  if [ -n "$short" ]; then
    step "tests" 240 bash -c "tests_of '*CudaTests' '*LayerNormTests'"
    step "samples fp32" 120 bash -c 'samples 1 fp32'
  else
    step "tests: kernels" 180 bash -c "tests_of '*.Kernels.*' '*.Imaging.*'"
    for precision in fp32 fp16; do step "samples $precision" 60 bash -c "samples 12 $precision"; done
    step "benchmarks: captions" 120 "$app/Blip.Bench" models --device cuda --model synthetic:base --precision fp16 fp32 \
      --batches 1 32 64 --cli "$app/blip" --json "$report/bench-captions.json"
    step "benchmarks: training" 60 "$app/Blip.Bench" train --device cuda --steps 3 --json "$report/bench-training.json"
    others 150
    for precision in bf16 int8; do step "samples $precision" 60 bash -c "samples 12 $precision"; done
    step "tests: models and answers" 240 bash -c "tests_of '*.Models.*' '*.Generation.*' '*.Pipelines.*' '*.Graph.*'"
    step "benchmarks: training, bf16" 60 "$app/Blip.Bench" train --device cuda --steps 3 --precision bf16 --json "$report/bench-training-bf16.json"
  fi

  if ! command -v compute-sanitizer > /dev/null; then
    skip "compute-sanitizer" "it is not installed${BLIP_CUDA:+; an emulated driver checks what it runs by itself}"
  elif [ -n "$short" ]; then
    skip "compute-sanitizer" "not in a short run"
  else
    for tool in memcheck racecheck initcheck synccheck; do step "compute-sanitizer $tool" 300 bash -c "sanitize $tool"; done
  fi

  if [ -n "$short" ]; then
    [ -n "${BLIP_CUDA:-}" ] && skip "benchmarks" "an emulated driver has no speed" ||
      step "benchmarks: kernels" 120 "$app/Blip.Bench" kernels layernorm --short --device cuda --json "$report/bench-kernels.json"
  else
    step "benchmarks: kernels" 540 "$app/Blip.Bench" kernels --device cuda --json "$report/bench-kernels.json"
    step "benchmarks: models" 540 "$app/Blip.Bench" models --device cuda --model synthetic:base --precision fp16 fp32 \
      --batches 1 1x3 32 64 64x3 --cli "$app/blip" --json "$report/bench-models.json"
  fi
  [ -z "$short" ] || others 540

  [ ${#later[@]} -eq 0 ] || printf '%s: left to run --continue\n' "${later[@]}" | tee "$report/later.txt"
  "$app/Blip.Bench" gpu-report "$report" > "$report/report.txt"
  local status=$?
  tail -n 1 "$report/report.txt"
  echo "report: $report/report.md"
  [ "$status" -eq 0 ] || exit 1
}

# Transformers and plain PyTorch, where Python has them.
others() {
  local missing
  if ! command -v python3 > /dev/null; then
    skip "other libraries" "python3 is not there"
  elif ! missing=$(python3 eng/gpu_peers.py --check 2>&1); then
    skip "other libraries" "${missing##*$'\n'}"
  else
    step "other libraries" "$1" python3 eng/gpu_peers.py ${short:+--short} --json "$report/peers.json"
  fi
}

# Test classes by pattern; kept apart from 'tests', which takes options.
tests_of() {
  local arguments=() pattern
  for pattern in "$@"; do arguments+=(--filter-class "$pattern"); done
  tests "${arguments[@]}" --filter-not-class '*PtxTests' --filter-not-class '*Emulation*'
}

case "${1:-}" in
  pack) pack ;;
  run) shift; run "$@" ;;
  *) sed -n '2,/^set/p' "$0" | sed -n 's/^# \{0,1\}//p'; exit 2 ;;
esac
