#!/bin/sh
# Removes the Muster agent from this Mac.
#
#   sudo sh /opt/muster-agent/bin/uninstall.sh [--purge] [--token TOKEN]
#
# The server is asked first; where it wants the uninstall token of this device, --token or MUSTER_UNINSTALL_TOKEN has it. When
# the server is gone for good, MUSTER_UNINSTALL_OFFLINE=1 in the environment removes the agent without an answer.
# The state stays, so that installing again makes it the same device; --purge removes it too.
set -eu

usage() {
  echo 'usage: uninstall.sh [--purge] [--token TOKEN]' >&2
  exit 2
}
here=$(cd "$(dirname "$0")" && pwd -P)
prefix=${here%/opt/muster-agent/bin}
# shellcheck source=service.sh
. "$here/service.sh"
case $here in "$program/bin") ;; *) fail "run the one that was installed: $program/bin/uninstall.sh" ;; esac

purge=
token=${MUSTER_UNINSTALL_TOKEN:-}
while [ $# -gt 0 ]; do
  case $1 in
    --purge) purge=yes ;;
    --token) [ $# -ge 2 ] || usage; token=$2; shift ;;
    *) usage ;;
  esac
  shift
done
if [ -z "$prefix" ] && [ "$(id -u)" -ne 0 ]; then fail 'this needs the rights of root (put sudo in front)'; fi

ended=0
"$agent" ask-uninstall ${token:+--token "$token"} || ended=$?
case $ended in
  0) ;;
  3) fail 'the agent stays. With a token: --token ...' ;;
  *)
    [ -n "${MUSTER_UNINSTALL_OFFLINE:-}" ] ||
      fail 'the server could not be asked, so the agent stays. To remove it all the same: MUSTER_UNINSTALL_OFFLINE=1 in the environment'
    ;;
esac
stop_agent
rm -rf "$plist" "$program" "$config"
if [ -n "$purge" ]; then
  rm -rf "$data"
  echo 'The agent and its state are removed. Retire the device in the console to end its certificate.'
else
  echo "The agent is removed. Its state is still in $state: installing again makes this the same device."
fi
