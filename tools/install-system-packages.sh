#!/bin/sh
# Installs the system packages of tools/system-packages.txt that are missing. Usage: install-system-packages.sh [run|test]
# `run` takes those that the suite needs, `test` all of them. Names them before it installs anything.
set -eu
purpose=${1:-run}
list="$(dirname "$0")/system-packages.txt"
PATH="$PATH:/usr/sbin:/sbin:/usr/local/sbin"

present() {
  case $1 in
    *.so.*)
      for library in /usr/lib/"$1" /usr/lib/*/"$1" /lib/*/"$1"; do [ ! -e "$library" ] || return 0; done
      return 1
      ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

missing=""
while read -r kind package program; do
  case $kind in '' | '#'*) continue ;; esac
  [ "$purpose" = test ] || [ "$kind" = run ] || continue
  present "$program" || missing="$missing $package"
done <"$list"
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "These programs are missing, and only Debian and Ubuntu packages can be installed from here; please install:$missing" >&2
  exit 1
fi
run=""
if [ "$(id -u)" != 0 ]; then
  if ! sudo -n true 2>/dev/null; then
    echo "These system packages are missing and need root to install; please run: sudo apt-get install$missing" >&2
    exit 1
  fi
  run="sudo"
fi
echo "Installing system packages:$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# shellcheck disable=SC2086 # a list of package names
if ! { $run apt-get update -q && $run apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "The system packages could not be installed; the whole output is in $log." >&2
  exit 1
fi
rm -f "$log"
# Debian starts some servers right after installing them. The suite runs its own; a default one would only take a port.
for unit in nginx nats-server prosody ejabberd coturn; do
  case " $missing " in *" $unit "*) $run sh -c "command -v systemctl >/dev/null && [ -d /run/systemd/system ] && systemctl disable --now $unit" >/dev/null 2>&1 || true ;; esac
done
