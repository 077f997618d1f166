#!/bin/sh
# Installs the Muster agent on this Mac, or upgrades it, and enrols the device.
#
#   sudo sh install.sh [--prefix FOLDER]
#
# Programs go to /opt/muster-agent, settings and state to /Library/Application Support/Muster Agent, which only root may
# enter, and launchd is told to run it. Running it again upgrades the program and keeps the device what it is.
# MUSTER_NO_START=1 in the environment is for images: the device enrols when the machine starts next.
# With a prefix everything goes below that folder, for trials.
set -eu
umask 077

usage() {
  echo 'usage: install.sh [--prefix FOLDER]' >&2
  exit 2
}
prefix=
while [ $# -gt 0 ]; do
  case $1 in
    --prefix) [ $# -ge 2 ] || usage; prefix=$2; shift ;;
    *) usage ;;
  esac
  shift
done
case $prefix in '' | /*) ;; *) prefix=$(pwd)/$prefix ;; esac
prefix=${prefix%/}
here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=service.sh
. "$here/program/bin/service.sh"

packaged=$(cat "$here/program/packaged-version")
platform=$(cat "$here/program/platform")

# ---- what the device must have -------------------------------------------------------------------------------------

lacks=
lack() {
  lacks="$lacks
  - $*"
}
check() {
  [ "$(uname -s)" = Darwin ] || lack "macOS (this is $(uname -s))"
  if [ -z "$prefix" ] && [ "$(id -u)" -ne 0 ]; then lack 'the rights of root (put sudo in front)'; fi
  # A Mac with Apple's processor runs programs for Intel where Rosetta is installed, which only a try tells.
  case "$platform $(uname -m)" in
    'macos-x64 x86_64' | 'macos-arm64 arm64' | 'macos-x64 arm64') ;;
    *) lack "the processor that this installer is for ($platform; this is $(uname -m))" ;;
  esac
  system=$(sw_vers -productVersion 2>/dev/null || echo 0)
  case ${system%%.*} in
    '' | *[!0-9]*) lack 'macOS 13 or later' ;;
    *) [ "${system%%.*}" -ge 13 ] || lack "macOS 13 or later (this is $system)" ;;
  esac
  [ -z "$lacks" ] || fail "this device lacks:$lacks
Nothing was installed."
  if [ -L "$data" ] || [ -L "$program" ]; then fail "$data or $program is a link to somewhere else: remove it first"; fi
}

# The later of two versions. A pre-release (1.2.0-rc.1) is before its release, as `sort -V` has it for a tilde.
later() { printf '%s\n%s\n' "$1" "$2" | sed 's/-/~/' | sort -V | tail -n 1 | sed 's/~/-/'; }

# A device that updated itself beyond the version in the package stays there.
activate() {
  current=$(cat "$program/current" 2>/dev/null || true)
  if [ -n "$current" ] && [ -e "$program/versions/$current/main.mjs" ] &&
    [ "$(later "$current" "$packaged")" = "$current" ]; then return 0; fi
  printf '%s\n' "$packaged" >"$program/current.new"
  mv "$program/current.new" "$program/current"
}

copy() {
  mkdir -p "$program/versions" "$data" "$state" "$(dirname "$plist")"
  chmod 755 "$program" "$(dirname "$plist")"
  chmod 700 "$data" "$state"
  if [ -z "$prefix" ]; then chown -R root:wheel "$program" "$data"; fi
  rm -rf "${program:?}/node" "${program:?}/versions/$packaged"
  for part in node bin launcher.mjs packaged-version platform; do cp -R "$here/program/$part" "$program/"; done
  cp -R "$here/program/versions/$packaged" "$program/versions/"
  cp "$here/program/LICENSE"* "$program/"
  # What came by a browser carries a mark that keeps it from being run.
  if command -v xattr >/dev/null 2>&1; then xattr -dr com.apple.quarantine "$program" 2>/dev/null || true; fi
  chmod -R u=rwX,go=rX "$program"
  cp "$here/agent.json" "$config"
  # The agent removes it as soon as it has opened enrolment.
  cp "$here/registration.key" "$state/registration.key"
  chmod 600 "$config" "$state/registration.key"
  sed "s|>/opt/|>$prefix/opt/|; s|>/Library/|>$prefix/Library/|" "$here/program/muster-agent.plist" >"$plist.new"
  chmod 644 "$plist.new"
  mv "$plist.new" "$plist"
}

# ---- the work ------------------------------------------------------------------------------------------------------

check
fresh=yes
if [ -e "$state/identity.json" ]; then fresh=; fi
"$here/program/node/bin/node" -e 0 || fail 'the Node.js in this installer does not run on this device. Nothing was installed.'
# What ran before goes on where the new one could not be put there.
trap 'if [ -e "$plist" ]; then start_agent; fi' EXIT
stop_agent
copy
activate
trap - EXIT
if [ -n "${MUSTER_NO_START:-}" ]; then
  echo 'The agent is installed and not started; this device enrols when the machine starts.'
  exit 0
fi
ended=0
"$agent" enrol || ended=$?
if [ "$ended" -eq 3 ] && [ -n "$fresh" ]; then
  rm -rf "$program" "$data" "$plist"
  fail 'the server refused this device. What was installed is removed again.'
fi
start_agent
if [ "$ended" -ne 0 ]; then
  echo 'This device is not enrolled yet, or could not reach its server; the agent runs and goes on trying.'
  exit 0
fi
tries=0
until "$agent" status >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || fail "the agent does not start; see $state/agent.log"
  sleep 0.5
done
echo 'The agent is installed and runs. Remove this folder now: it holds the registration key.'
