#!/bin/sh
# Removes the Muster agent from this Linux device.
#
#   uninstall.sh [--prefix FOLDER] [--purge]
#
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
    --prefix) [ $# -ge 2 ] || fail 'usage: uninstall.sh [--prefix FOLDER] [--purge]'; prefix=$2; shift ;;
    --purge) purge=yes ;;
    *) fail 'usage: uninstall.sh [--prefix FOLDER] [--purge]' ;;
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

if [ -z "$prefix" ] && [ -e "$unit" ]; then
  if [ -d /run/systemd/system ]; then systemctl disable --quiet --now muster-agent.service; fi
  rm -f "$unit"
  if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
fi
if [ -e "$init" ]; then
  "$init" stop
  if [ -z "$prefix" ]; then
    if has update-rc.d; then update-rc.d -f muster-agent remove >/dev/null 2>&1 || true
    elif has chkconfig; then chkconfig --del muster-agent || true
    elif has rc-update; then rc-update del muster-agent default >/dev/null || true; fi
  fi
  rm -f "$init"
fi
rm -rf "$install_dir" "$config_dir"
if [ -n "$purge" ]; then
  rm -rf "$state_dir"
  echo 'The agent and its state are removed. Retire the device in the console to end its certificate.'
else
  echo "The agent is removed. Its state is still in $state_dir: installing again makes this the same device."
fi
