#!/usr/bin/env bash
# A sweep as an array job of a real Slurm: shards that run at the same time make the bytes of one run, also where a task is killed and
# submitted again. Slurm (Debian's slurm-wlm, with munge) runs on this machine alone, in a folder of its own: slurmctld and slurmd with
# proctrack/linuxproc, one node with two CPUs. It must be installed, or installable with apt-get by root; else the script says why not and
# ends with success.
#
# usage: run.sh [PROGRAM]   PROGRAM is the onnx2timeloop to test [default: the first of target/{release,debug}]
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
skip() { echo "skipped: $*"; exit 0; }
fail() { echo "FAILED: $*" >&2; exit 1; }

program=${1:-}
for built in release debug; do
    if [ -z "$program" ] && [ -x "${CARGO_TARGET_DIR:-$root/target}/$built/onnx2timeloop" ]; then
        program=${CARGO_TARGET_DIR:-$root/target}/$built/onnx2timeloop
    fi
done
[ -n "$program" ] || skip "no onnx2timeloop is built"

have() { command -v slurmctld slurmd sbatch munged > /dev/null 2>&1; }
export PATH="$PATH:/usr/sbin:/sbin"
if ! have; then
    [ "$(id -u)" = 0 ] || skip "Slurm is not installed, and only root can install it"
    command -v apt-get > /dev/null || skip "Slurm is not installed, and there is no apt-get"
    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurm-wlm munge) \
        > /dev/null 2>&1 || skip "Slurm cannot be installed with apt-get"
    have || skip "slurm-wlm lacks a program"
fi
[ "$(id -u)" = 0 ] || skip "only root can start slurmd"

work=$(mktemp -d)
processes=()
stop() {
    for process in "${processes[@]}"; do kill "$process" 2> /dev/null || true; done
    wait 2> /dev/null || true
    rm -rf "$work"
}
trap stop EXIT

# Munge: a key and a socket of our own. It refuses folders that others may write to, and links above them.
mkdir -p "$work/munge" "$work/state" "$work/spool"
chmod 755 "$work"
chmod 711 "$work/munge"
dd if=/dev/urandom of="$work/munge/key" bs=1024 count=1 status=none
chmod 400 "$work/munge/key"
munged --foreground --force --key-file="$work/munge/key" --socket="$work/munge/socket" --pid-file="$work/munge/pid" \
    --log-file="$work/munge/log" --seed-file="$work/munge/seed" > "$work/munged.txt" 2>&1 &
processes+=($!)

host=$(hostname -s)
port=$((20000 + $$ % 20000))
cat > "$work/slurm.conf" << CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
CredType=cred/munge
SlurmctldPort=$port
SlurmdPort=$((port + 1))
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
MailProg=/bin/true
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
CONF
export SLURM_CONF="$work/slurm.conf"
# slurmd looks for control groups though no plugin uses them; only from 23.02 on it can be told not to.
version=$(slurmd -V | grep -oE '[0-9]+\.[0-9]+' | head -n 1)
if [ "$(printf '%s\n23.02\n' "$version" | sort -V | head -n 1)" = 23.02 ]; then
    plugin=disabled
elif [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    plugin=cgroup/v2
else
    plugin=cgroup/v1
fi
printf 'CgroupPlugin=%s\nIgnoreSystemd=yes\n' "$plugin" > "$work/cgroup.conf"

slurmctld -D -c > "$work/slurmctld.txt" 2>&1 &
processes+=($!)
slurmd -D -c > "$work/slurmd.txt" 2>&1 &
processes+=($!)
for _ in $(seq 60); do
    state=$(sinfo -h -o %t 2> /dev/null || true)
    case $state in idle*) break ;; esac
    sleep 0.5
done
case ${state:-} in
    idle*) ;;
    *) tail -n 5 "$work"/*.log "$work"/*.txt >&2 || true; skip "Slurm does not start here (node is '${state:-}')" ;;
esac

# The sweep: once as one process, once as an array of four tasks of which two run at the same time.
cd "$work"
export XDG_CACHE_HOME="$work/own-cache"
mkdir bin
ln -s "$(cd "$(dirname "$program")" && pwd)/$(basename "$program")" bin/onnx2timeloop
export PATH="$work/bin:$PATH"
model=$root/models/resnet18__ts_rbn.onnx
words=(sweep "$model" --arch eyeriss_like --set shared_glb.depth=8192..32768*2 --set PE_column.meshX=7,14 --chart-format none)
onnx2timeloop "${words[@]}" --no-cache -q -o whole

onnx2timeloop "${words[@]}" -o parts --print-sbatch 4 | sed 's/--cpus-per-task=2/--cpus-per-task=1/' > job.sh
first=$(sbatch --parsable job.sh)
# One task is killed while it runs, and is told again what to do.
for _ in $(seq 200); do
    [ "$(find parts/cache -name '*.json' 2> /dev/null | wc -l)" -ge 3 ] && break
    sleep 0.05
done
scancel --signal=KILL "${first}_1" 2> /dev/null || true
done_with() {
    for _ in $(seq 1200); do
        [ -z "$(squeue -h -j "$1" 2> /dev/null)" ] && return
        sleep 0.25
    done
    fail "job $1 does not end"
}
done_with "$first"
if onnx2timeloop report parts -o merged 2> missing.txt; then
    echo "note: the task was done before it could be killed"
else
    grep -q "shard" missing.txt || fail "the missing shard is not named: $(cat missing.txt)"
    again=$(sbatch --parsable job.sh)
    done_with "$again"
    onnx2timeloop report parts -o merged > /dev/null 2>&1 || { cat slurm-*.out >&2; fail "the shards are not complete"; }
fi
cmp whole/sweep.json merged/sweep.json || fail "sweep.json differs"
cmp whole/sweep.csv merged/sweep.csv || fail "sweep.csv differs"
echo "ok: four tasks of Slurm $(sinfo --version | cut -d' ' -f2) make the bytes of one run"
