# What install.sh and uninstall.sh share, and read in: where things are, and launchd, which keeps the agent running. `prefix` is set,
# or empty.
# shellcheck shell=sh disable=SC2034
prefix=${prefix-}
label=muster-agent
program=$prefix/opt/muster-agent
data="$prefix/Library/Application Support/Muster Agent"
state=$data/State
config=$data/agent.json
plist=$prefix/Library/LaunchDaemons/$label.plist
agent=$program/bin/muster-agent

fail() {
  printf 'muster: %s\n' "$*" >&2
  exit 1
}
loaded() { launchctl print "system/$label" >/dev/null 2>&1; }

# launchd sends SIGTERM, waits as long as the property list says, and forgets the job once the agent has ended.
stop_agent() {
  loaded || return 0
  launchctl bootout "system/$label" 2>/dev/null || true
  tries=0
  while loaded; do
    tries=$((tries + 1))
    [ "$tries" -lt 80 ] || fail 'the agent that runs cannot be ended'
    sleep 0.5
  done
}
# A job that somebody disabled would not be taken.
start_agent() {
  launchctl enable "system/$label"
  launchctl bootstrap system "$plist"
}
