#!/bin/sh
# Installs the Muster agent on this Linux device, or upgrades it, and enrols the device.
#
#   install.sh [--prefix FOLDER]
#
# With a prefix everything goes below that folder, no rights of root are needed and nothing is registered to start at
# boot. Without one: /opt/muster-agent, /etc/muster-agent (configuration) and /var/lib/muster-agent (state).
# Running it again upgrades the program and keeps the device what it is.
set -eu
umask 077

# @settings@

say() { printf '%s\n' "$*"; }
fail() {
  printf 'muster: %s\n' "$*" >&2
  exit 1
}

prefix=${MUSTER_PREFIX:-}
while [ $# -gt 0 ]; do
  case $1 in
    --prefix=*) prefix=${1#--prefix=} ;;
    --prefix) [ $# -ge 2 ] || fail 'usage: install.sh [--prefix FOLDER]'; prefix=$2; shift ;;
    *) fail 'usage: install.sh [--prefix FOLDER]' ;;
  esac
  shift
done
case $prefix in '' | /*) ;; *) prefix=$(pwd)/$prefix ;; esac
prefix=${prefix%/}

install_dir=$prefix/opt/muster-agent
config_dir=$prefix/etc/muster-agent
state_dir=$prefix/var/lib/muster-agent
config=$config_dir/agent.json
agent=$install_dir/bin/muster-agent
init=$prefix/etc/init.d/muster-agent
unit=/etc/systemd/system/muster-agent.service
manager=sysv
if [ -z "$prefix" ] && [ -d /run/systemd/system ]; then manager=systemd; fi
fresh=yes
if [ -e "$state_dir/identity.json" ]; then fresh=; fi

# ---- what the device must have -------------------------------------------------------------------------------------

has() { command -v "$1" >/dev/null 2>&1; }

lacks=
lack() {
  lacks="$lacks
  - $*"
}

# The real program behind a `node` on the path, when it is new enough. Version managers put scripts there.
node_program() {
  "$1" -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    if (major < 20 || (major === 20 && minor < 10)) process.exit(1);
    console.log(process.execPath);' 2>/dev/null
}
find_node() {
  for candidate in "$install_dir/node/bin/node" "$(command -v node || true)" /usr/local/bin/node /usr/bin/node; do
    if [ -x "$candidate" ] && node=$(node_program "$candidate") && [ -n "$node" ]; then return 0; fi
  done
  node=
  return 1
}

# Kilobytes free where a folder is, or will be.
free_kilobytes() {
  place=$1
  while [ ! -d "$place" ]; do place=$(dirname "$place"); done
  df -Pk "$place" | awk 'NR == 2 { print $4 }'
}

check_glibc() {
  version=$(getconf GNU_LIBC_VERSION 2>/dev/null | sed 's/^.* //') || version=
  if [ -z "$version" ]; then version=$(ldd --version 2>/dev/null | sed -n '1s/^.* //p') || version=; fi
  major=${version%%.*}
  minor=${version#*.}
  minor=${minor%%.*}
  case $major$minor in
    '' | *[!0-9]*) lack 'GNU libc 2.28 or later (this system has another C library)' ;;
    *)
      if [ "$major" -lt 2 ] || { [ "$major" -eq 2 ] && [ "$minor" -lt 28 ]; }; then
        lack "GNU libc 2.28 or later (this system has $version)"
      fi
      ;;
  esac
}

check() {
  [ "$(uname -s)" = Linux ] || lack "Linux (this is $(uname -s))"
  if [ -z "$prefix" ] && [ "$(id -u)" -ne 0 ]; then lack 'the rights of root (put sudo in front)'; fi
  case $(uname -m) in
    x86_64 | amd64) machine=x64 ;;
    aarch64 | arm64) machine=arm64 ;;
    *) machine=; lack "a 64-bit x86 or ARM processor (this is $(uname -m))" ;;
  esac
  check_glibc
  for tool in awk df dirname mktemp sed sha256sum; do
    has "$tool" || lack "the program $tool"
  done
  fetcher=
  if has curl; then fetcher=curl; elif has wget; then fetcher=wget; else lack 'the program curl or wget'; fi
  needed=20000
  if ! find_node; then
    if [ "$machine" = x64 ] && [ -n "$NODE_SHA256" ]; then needed=200000
    else lack "Node.js 20.10 or later (this server has none to hand out for ${machine:-this processor})"; fi
  fi
  if has df && has awk; then
    free=$(free_kilobytes "$install_dir")
    if [ "${free:-0}" -lt "$needed" ]; then
      lack "$((needed / 1000)) MB of disk space for $install_dir ($((${free:-0} / 1000)) MB are free)"
    fi
  fi
  [ -z "$lacks" ] || fail "this device lacks:$lacks
Nothing was installed."
}

# ---- fetching ------------------------------------------------------------------------------------------------------

bracketed() { case $1 in *:*) printf '[%s]' "$1" ;; *) printf '%s' "$1" ;; esac; }

# curl is told the addresses of the name, so that no DNS is needed; wget cannot be, and dials the first address, which
# the server's certificate names too.
resolve=
direct=$(bracketed "$HOST")
for address in $ADDRESSES; do
  if [ -z "$resolve" ]; then
    resolve=$HOST:$PORT:$(bracketed "$address")
    direct=$(bracketed "$address")
  else
    resolve=$resolve,$(bracketed "$address")
  fi
done
case $HOST in *:*) resolve= ;; esac

# fetch PATH FILE SHA256
fetch() {
  if [ "$fetcher" = curl ]; then
    status=$(curl -sS -m 900 --proto =https --cacert "$work/ca.crt" ${resolve:+--resolve} ${resolve:+"$resolve"} \
      -o "$2" -w '%{http_code}' "https://$(bracketed "$HOST"):$PORT$1") || fail "could not fetch $1 from $HOST"
    [ "$status" = 200 ] || refused "$1" "$2"
  else
    wget -q -T 300 --content-on-error --ca-certificate="$work/ca.crt" -O "$2" "https://$direct:$PORT$1" ||
      refused "$1" "$2"
  fi
  printf '%s  %s\n' "$3" "$2" | sha256sum -c >/dev/null 2>&1 || fail "what came for $1 is not what was announced"
}
refused() {
  reason=$(sed -n 's/.*"message":"\([^"]*\)".*/\1/p' "$2" 2>/dev/null || true)
  fail "the server did not give $1${reason:+: $reason}"
}

# ---- services ------------------------------------------------------------------------------------------------------

# One word of shell, whatever the text.
quoted() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }

stop_service() {
  if [ "$manager" = systemd ]; then
    if [ -e "$unit" ]; then systemctl stop muster-agent.service; fi
  elif [ -x "$init" ]; then
    "$init" stop >/dev/null
  fi
}

write_systemd_unit() {
  cat >"$unit" <<UNIT
[Unit]
Description=Muster agent
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart=$agent run
Restart=always
RestartSec=5
KillMode=mixed
TimeoutStopSec=30
UMask=0077

[Install]
WantedBy=multi-user.target
UNIT
  chmod 644 "$unit"
}

# Starts the agent again when it ends, where no service manager does.
write_supervisor() {
  cat >"$install_dir/bin/supervise" <<SUPERVISOR
#!/bin/sh
agent=$(quoted "$agent")
state=$(quoted "$state_dir")
SUPERVISOR
  cat >>"$install_dir/bin/supervise" <<'SUPERVISOR'
pid_file=$state/supervise.pid
stopping=
child=
trap 'stopping=yes; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM INT
echo "$$" >"$pid_file"
while [ -z "$stopping" ]; do
  "$agent" run --log "$state/agent.log" &
  child=$!
  # A signal interrupts `wait`; the agent still needs its time to end.
  while kill -0 "$child" 2>/dev/null; do wait "$child" || true; done
  [ -z "$stopping" ] || break
  sleep 5 &
  child=$!
  wait "$child" || true
done
rm -f "$pid_file"
SUPERVISOR
  chmod 700 "$install_dir/bin/supervise"
}

write_init_script() {
  mkdir -p "$(dirname "$init")"
  cat >"$init" <<INIT
#!/bin/sh
### BEGIN INIT INFO
# Provides:          muster-agent
# Required-Start:    \$remote_fs \$network
# Required-Stop:     \$remote_fs \$network
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: Muster agent
### END INIT INFO
# chkconfig: 2345 90 10
supervise=$(quoted "$install_dir/bin/supervise")
state=$(quoted "$state_dir")
INIT
  cat >>"$init" <<'INIT'
pid_file=$state/supervise.pid

# The pid of the supervisor, when it runs: a number in a file alone may by now be another process's.
running() {
  pid=$(cat "$pid_file" 2>/dev/null) && [ -n "$pid" ] || return 1
  tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$supervise"
}
start() {
  running && return 0
  if command -v setsid >/dev/null 2>&1; then setsid "$supervise" </dev/null >/dev/null 2>&1 &
  else nohup "$supervise" </dev/null >/dev/null 2>&1 & fi
}
stop() {
  running || return 0
  kill -TERM "$pid"
  tries=0
  while running && [ "$tries" -lt 60 ]; do
    sleep 0.5
    tries=$((tries + 1))
  done
  running || return 0
  kill -KILL -- "-$pid" 2>/dev/null || kill -KILL "$pid"
  rm -f "$pid_file"
}
case ${1:-} in
  start) start ;;
  stop) stop ;;
  restart | force-reload) stop; start ;;
  status) if running; then echo 'muster-agent runs'; else echo 'muster-agent does not run'; exit 3; fi ;;
  *) echo "usage: $0 start|stop|restart|status" >&2; exit 2 ;;
esac
INIT
  chmod 755 "$init"
}

start_service() {
  if [ "$manager" = systemd ]; then
    write_systemd_unit
    systemctl daemon-reload
    systemctl enable --quiet muster-agent.service
    systemctl restart muster-agent.service
    return
  fi
  write_supervisor
  write_init_script
  if [ -z "$prefix" ]; then
    if has update-rc.d; then update-rc.d muster-agent defaults >/dev/null 2>&1 || true
    elif has chkconfig; then chkconfig --add muster-agent || true
    elif has rc-update; then rc-update add muster-agent default >/dev/null || true
    else say "Nothing on this machine starts services at boot: run $init start then."; fi
  fi
  "$init" start
}

# ---- the work ------------------------------------------------------------------------------------------------------

check
mkdir -p "$install_dir/bin" "$install_dir/versions" "$config_dir" "$state_dir"
work=$(mktemp -d "$install_dir/.new-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
printf '%s\n' "$ANCHORS" >"$work/ca.crt"

say "Fetching the agent $VERSION from $HOST."
mkdir "$work/version"
fetch "/bip/$KEY/agent/main.mjs" "$work/version/main.mjs" "$MAIN_SHA256"
fetch "/bip/$KEY/agent/launcher.mjs" "$work/launcher.mjs" "$LAUNCHER_SHA256"
if [ -z "$node" ]; then
  say 'This device has no Node.js 20.10 or later: fetching one.'
  fetch "/bip/$KEY/node/linux-x64" "$work/node" "$NODE_SHA256"
  chmod 755 "$work/node"
  "$work/node" -e 0 || fail 'the Node.js of this server does not run on this device'
fi

stop_service
if [ -z "$node" ]; then
  mkdir -p "$install_dir/node/bin"
  mv "$work/node" "$install_dir/node/bin/node"
  node=$install_dir/node/bin/node
fi
rm -rf "${install_dir:?}/versions/$VERSION"
mv "$work/version" "$install_dir/versions/$VERSION"
mv "$work/launcher.mjs" "$install_dir/launcher.mjs"
printf '%s\n' "$VERSION" >"$work/current"
mv "$work/current" "$install_dir/current"
printf '%s\n' "$CONFIG" >"$work/agent.json"
mv "$work/agent.json" "$config"
# The flags keep the young generation small: the agent is idle nearly always.
cat >"$work/muster-agent" <<AGENT
#!/bin/sh
exec $(quoted "$node") --max-semi-space-size=1 --max-old-space-size=128 $(quoted "$install_dir/launcher.mjs") "\$@" \\
  --config $(quoted "$config") --state $(quoted "$state_dir")
AGENT
chmod 700 "$work/muster-agent"
mv "$work/muster-agent" "$agent"

if ! "$agent" enrol; then
  if [ -n "$fresh" ]; then
    rm -rf "$install_dir" "$config_dir" "$state_dir" "$init"
    fail 'this device was not enrolled. What was installed is removed again.'
  fi
  start_service
  fail 'the agent is upgraded, but could not reach its server just now.'
fi
start_service

tries=0
until "$agent" status >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 40 ] || fail "the agent does not start; see $state_dir/agent.log or the system's journal"
  sleep 0.5
done
for old in "$install_dir"/versions/*; do
  [ "$old" = "$install_dir/versions/$VERSION" ] || rm -rf "$old"
done
say 'The agent is installed and runs.'
