#!/bin/sh
# Removes the Muster agent from this Linux device.
#
#   uninstall.sh [--prefix FOLDER] [--purge] [--token TOKEN]
#
# The server is asked first; where it wants the uninstall token of this device, --token has it. When the server is gone for
# good, MUSTER_UNINSTALL_OFFLINE=1 in the environment removes the agent without an answer.
# The state stays, so that installing again makes it the same device; --purge removes it too.
set -eu

fail() {
  printf 'muster: %s\n' "$*" >&2
  exit 1
}

prefix=${MUSTER_PREFIX:-}
purge=
while [ $# -gt 0 ]; do
  case $1 in
    --prefix=*) prefix=${1#--prefix=} ;;
    --prefix) [ $# -ge 2 ] || fail 'usage: uninstall.sh [--prefix FOLDER] [--purge] [--token TOKEN]'; prefix=$2; shift ;;
    --purge) purge=yes ;;
    --token) [ $# -ge 2 ] || fail 'usage: uninstall.sh [--prefix FOLDER] [--purge] [--token TOKEN]'; MUSTER_UNINSTALL_TOKEN=$2; export MUSTER_UNINSTALL_TOKEN; shift ;;
    *) fail 'usage: uninstall.sh [--prefix FOLDER] [--purge] [--token TOKEN]' ;;
  esac
  shift
done
case $prefix in '' | /*) ;; *) prefix=$(pwd)/$prefix ;; esac
prefix=${prefix%/}

install_dir=$prefix/opt/muster-agent
config_dir=$prefix/etc/muster-agent
state_dir=$prefix/var/lib/muster-agent
init=$prefix/etc/init.d/muster-agent
unit=/etc/systemd/system/muster-agent.service

if [ -z "$prefix" ] && [ "$(id -u)" -ne 0 ]; then fail 'this needs the rights of root (put sudo in front)'; fi
has() { command -v "$1" >/dev/null 2>&1; }
if [ -z "$prefix" ]; then
  if has dpkg-query && dpkg-query -W -f='${Status}' muster-agent 2>/dev/null | grep -q '^install '; then
    fail 'this device has the agent as a package: apt-get remove muster-agent, or purge'
  elif has rpm && rpm -q muster-agent >/dev/null 2>&1; then
    fail 'this device has the agent as a package: rpm -e muster-agent'
  fi
fi

if [ -x "$install_dir/bin/service" ]; then "$install_dir/bin/service" remove
elif [ -x "$init" ]; then "$init" stop; fi
rm -f "$init"
if [ -z "$prefix" ] && [ -e "$unit" ]; then
  rm -f "$unit"
  if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
fi
rm -rf "$install_dir" "$config_dir"
if [ -n "$purge" ]; then
  rm -rf "$state_dir"
  echo 'The agent and its state are removed. Retire the device in the console to end its certificate.'
else
  echo "The agent is removed. Its state is still in $state_dir: installing again makes this the same device."
fi
