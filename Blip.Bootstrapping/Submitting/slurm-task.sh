#!/bin/bash
{directives}

# Written by 'blip bootstrap submit': one task of a job array, which has a block of shards.

command=(
{command}
)

# Slurm's signals mean one thing to the program: finish the batch and stop.
child='' told='' interrupted=''
stop() {
  told=1 interrupted=1
  [ -z "$child" ] || kill -s TERM "$child" 2> /dev/null
}
trap stop TERM USR1

# A child, and not in the script's place: Slurm does not requeue a script that is killed itself.
"${command[@]}" &
child=$!
# A signal may have come before the child's number was known.
[ -z "$told" ] || kill -s TERM "$child" 2> /dev/null

# A signal ends the wait, and not the child.
while :; do
  interrupted=''
  wait "$child"
  status=$?
  [ -n "$interrupted" ] || break
done

# 75: stopped by a signal. 128 and above: killed, be it by the kernel for want of memory.
[ "$status" -eq 75 ] || [ "$status" -ge 128 ] || exit "$status"

task="${SLURM_ARRAY_JOB_ID:-}_${SLURM_ARRAY_TASK_ID:-}"
restarts="${SLURM_RESTART_COUNT:-0}"
if [ "$restarts" -ge {restarts} ]; then
  echo "blip: task $task ended with status $status after $restarts restarts, and is not started again" >&2
  exit 1
fi

# Whether the site has 75 among the exit codes that are requeued.
requeues_75() {
  local code IFS=,
  for code in $(scontrol show config 2> /dev/null | sed -n 's/^RequeueExit *= *//p'); do
    case "$code" in
      75) return 0 ;;
      [0-9]*-[0-9]*) [ "${code%-*}" -le 75 ] && [ 75 -le "${code#*-}" ] && return 0 ;;
    esac
  done
  return 1
}

# A task that is cancelled, or requeued by Slurm already, is not running any more.
if ! requeues_75 && [ "$(squeue -h -j "$task" -o %T 2> /dev/null)" = RUNNING ]; then
  # The job's number alone would requeue the whole array, where this task is its last.
  scontrol requeue "$task"
fi
echo "blip: task $task ended with status $status, and is to be started again" >&2
exit 75
