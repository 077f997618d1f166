#!/bin/bash
# Ends everything that a run of the tests has left: clean.sh WORK_FOLDER NAME. Engines with their containers, machines,
# mounts, network namespaces, folder. Harmless when nothing is left. With a third argument, the number of a process, it
# first waits until that is gone: so nothing stays behind even when the tests are killed.
set -u
work=${1:?} name=${2:?}
case $work in /?*/muster-compose-*) ;; *) echo "clean: $work is not a work folder of these tests" >&2; exit 2 ;; esac
if [ -n "${3:-}" ]; then
  trap '' INT TERM HUP
  while kill -0 "$3" 2>/dev/null && [ -d "$work" ]; do sleep 1; done
fi
[ -d "$work" ] || exit 0

# Processes by what they were started with: each names the work folder.
ours() { grep -lsF "$work/" /proc/[0-9]*/cmdline | cut -d/ -f3 | grep -vx -e $$ -e "$PPID"; }
inside() { for ns in $(namespaces); do ip netns pids "$ns" 2>/dev/null; done; }
namespaces() { ip netns list 2>/dev/null | awk '{ print $1 }' | grep "^$name-"; }

for socket in "$work"/*/docker.sock; do
  [ -S "$socket" ] || continue
  containers=$(timeout 20 docker -H "unix://$socket" ps -q 2>/dev/null)
  # shellcheck disable=SC2086 # a list of numbers
  [ -z "$containers" ] || timeout 60 docker -H "unix://$socket" kill $containers >/dev/null 2>&1
done
for pidfile in "$work"/*/docker.pid; do
  [ -f "$pidfile" ] || continue
  pid=$(cat "$pidfile")
  grep -qsF "$work/" "/proc/$pid/cmdline" || continue
  kill -TERM "$pid"
  for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
done
for signal in TERM KILL; do
  for pid in $(inside) $(ours); do
    kill -$signal "$pid" 2>/dev/null
  done
  sleep 0.3
done
grep -F " $work/" /proc/mounts | awk '{ print $2 }' | sort -r | while read -r mount; do umount -l "$mount"; done
for ns in $(namespaces); do ip netns del "$ns"; done
ip link del "$name-a" 2>/dev/null
find /sys/fs/cgroup -depth -type d -path "*/$name-*" -exec rmdir {} + 2>/dev/null
rm -rf "$work"
