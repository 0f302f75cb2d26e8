#!/usr/bin/env bash
# A Slurm cluster of one node, for tests: munged, slurmctld and slurmd on loopback, as the current user, without systemd and cgroups.
#
#   eng/slurm.sh start DIR    starts one with its configuration, keys, logs and state in DIR, which is made and is to be empty;
#                             prints the line "export SLURM_CONF=...", by which sbatch, squeue and scontrol find it
#   eng/slurm.sh stop DIR     cancels its jobs and stops what 'start' started; DIR stays, with the logs
#
# BLIP_SLURM_REQUEUE_EXIT= starts one whose configuration requeues no exit code, as many sites have it.
#
#   eval "$(eng/slurm.sh start "$dir")"; sbatch ...; eng/slurm.sh stop "$dir"
#
# Debian: apt install slurm-wlm munge. Nothing of the machine is changed: no file outside of DIR, and ports that are free. Slurm 22.05 is
# known to work. As another user than root, jobs run as that user alone.
set -uo pipefail

export PATH="$PATH:/usr/sbin:/sbin"
give_up() { echo "eng/slurm.sh: $*" >&2; exit 2; }

# The end of a log is worth more than its name.
fail() {
  echo "eng/slurm.sh: $*" >&2
  tail -n 5 "$dir"/log/*.log >&2
  stop
  exit 1
}

free_port() {
  local port
  while port=$((20000 + RANDOM % 12000)); do
    (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null || { echo "$port"; return; }
  done
}

# Runs a daemon in a session of its own, so that an interrupt at the terminal leaves it to 'stop', and notes its process.
daemon() {
  local name=$1
  shift
  setsid "$@" < /dev/null >> "$dir/log/$name.out.log" 2>&1 &
  echo $! > "$dir/$name.pid"
}

configuration() {
  local host memory
  host="$(hostname -s)"
  # More than the machine has would drain the node.
  memory=$(($(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 1024 * 8 / 10))
  cat << END
ClusterName=blip
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
# With the default lifetime of a credential a requeued job waits for two minutes.
AuthInfo=socket=$dir/munge/socket,cred_expire=5
CredType=cred/munge
StateSaveLocation=$dir/ctld
SlurmdSpoolDir=$dir/d
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.log
SlurmctldPidFile=$dir/ctld/pid
SlurmdPidFile=$dir/d/pid
# Two tasks at a time, whatever the machine has.
SlurmdParameters=config_overrides
SwitchType=switch/none
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$dir/log/jobcomp.log
${BLIP_SLURM_REQUEUE_EXIT-RequeueExit=75}
KillWait=5
MinJobAge=300
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 RealMemory=$memory State=UNKNOWN
PartitionName=debug Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
}

start() {
  local program
  for program in munged munge slurmctld slurmd sinfo setsid; do
    command -v "$program" > /dev/null || give_up "no $program on this machine (Debian: apt install slurm-wlm munge)"
  done
  mkdir -p "$dir" && dir="$(cd "$dir" && pwd -P)" || give_up "cannot make $dir"
  [ -z "$(ls -A "$dir")" ] || give_up "$dir is not empty: give a new folder"
  case "$dir" in *[!A-Za-z0-9/._-]*) give_up "$dir: Slurm's configuration takes letters, digits and . _ - in paths" ;; esac
  # The path of a socket has 107 characters at most.
  [ ${#dir} -le 90 ] || give_up "$dir: the path is too long for a socket"
  mkdir "$dir/munge" "$dir/ctld" "$dir/d" "$dir/log" || exit 1
  # Users that submit jobs are to reach the socket and the configuration.
  chmod 755 "$dir" "$dir/munge"
  (umask 077 && head -c 1024 /dev/urandom > "$dir/munge/key")
  # Forced, or it refuses a folder below one that others may write to.
  daemon munged munged --foreground --force --socket="$dir/munge/socket" --key-file="$dir/munge/key" --pid-file="$dir/munge/pid" \
    --log-file="$dir/log/munged.log" --seed-file="$dir/munge/seed"
  wait_until "munged does not answer" munge --no-input --socket="$dir/munge/socket"
  configuration > "$dir/slurm.conf"
  export SLURM_CONF="$dir/slurm.conf"
  daemon slurmctld slurmctld -D -f "$SLURM_CONF"
  daemon slurmd slurmd -D -f "$SLURM_CONF"
  wait_until "the node is not idle" node_is_idle
  echo "export SLURM_CONF=$SLURM_CONF"
}

node_is_idle() { [ "$(sinfo -h -o %T)" = idle ]; }

wait_until() {
  local complaint=$1 tenth
  shift
  for tenth in {1..600}; do
    "$@" > /dev/null 2>&1 && return
    sleep 0.1
  done
  fail "$complaint after a minute"
}

# A number of a process may have passed to another one: it has to name this folder.
runs() { [ -e "/proc/$1" ] && tr '\0' '\n' < "/proc/$1/cmdline" 2> /dev/null | grep -q -F "$dir/"; }

end() {
  local pid tenth
  pid="$(cat "$dir/$1.pid" 2> /dev/null)" || return 0
  runs "$pid" && kill -TERM "$pid"
  for tenth in {1..100}; do
    runs "$pid" || break
    sleep 0.1
  done
  ! runs "$pid" || kill -KILL "$pid"
  rm -f "$dir/$1.pid"
}

stop() {
  [ -d "$dir" ] || give_up "there is no $dir"
  dir="$(cd "$dir" && pwd -P)"
  if [ -e "$dir/slurmctld.pid" ] && runs "$(cat "$dir/slurmctld.pid")"; then
    # Jobs are no children of slurmd, and would outlive it.
    export SLURM_CONF="$dir/slurm.conf"
    timeout 10 scancel --me 2> /dev/null
    [ "$(id -u)" != 0 ] || timeout 10 squeue -h -o %A | xargs -r timeout 10 scancel 2> /dev/null
    local tenth
    for tenth in {1..150}; do
      [ -n "$(timeout 10 squeue -h 2> /dev/null)" ] || break
      sleep 0.1
    done
  fi
  end slurmctld
  end slurmd
  end munged
}

[ $# = 2 ] || give_up "give 'start DIR' or 'stop DIR'"
dir=$2
case "$1" in
  start) start ;;
  stop) stop ;;
  *) give_up "not '$1': give 'start DIR' or 'stop DIR'" ;;
esac
