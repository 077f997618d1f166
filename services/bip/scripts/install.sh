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
has() { command -v "$1" >/dev/null 2>&1; }
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
fresh=yes
if [ -e "$state_dir/identity.json" ]; then fresh=; fi

# ---- what the device must have -------------------------------------------------------------------------------------

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

# A package manager would undo on its next run what is done behind its back.
check_package() {
  [ -z "$prefix" ] || return 0
  if { has dpkg-query && dpkg-query -W -f='${Status}' muster-agent 2>/dev/null | grep -q '^install '; } ||
    { has rpm && rpm -q muster-agent >/dev/null 2>&1; }; then
    fail 'this device has the agent as a package: install a newer package, or remove that one first'
  fi
}

check() {
  [ "$(uname -s)" = Linux ] || lack "Linux (this is $(uname -s))"
  if [ -z "$prefix" ] && [ "$(id -u)" -ne 0 ]; then lack 'the rights of root (put sudo in front)'; fi
  sha256=
  case $(uname -m) in
    x86_64 | amd64) machine=x64 sha256=$SHA256_x64 bytes=$BYTES_x64 brings_node=$NODE_x64 ;;
    aarch64 | arm64) machine=arm64 sha256=$SHA256_arm64 bytes=$BYTES_arm64 brings_node=$NODE_arm64 ;;
    *) machine=; lack "a 64-bit x86 or ARM processor (this is $(uname -m))" ;;
  esac
  check_glibc
  for tool in awk cat df dirname grep gzip mktemp readlink sed sha256sum tar; do
    has "$tool" || lack "the program $tool"
  done
  fetcher=
  if has curl; then fetcher=curl; elif has wget; then fetcher=wget; else lack 'the program curl or wget'; fi
  node=
  if [ -n "$machine" ] && [ -z "$brings_node" ] && ! find_node; then
    lack "Node.js 20.10 or later (this server has none for $machine to bring along)"
  fi
  if [ -n "$machine" ] && has df && has awk; then
    # What was fetched, what is unpacked of it, and some room for the agent's state.
    needed=$((bytes * 3 / 2000 + 20000))
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
# the server's certificate names too where it is of the own CA; else the name is tried after it.
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
    by_wget "$direct" "$1" "$2" || { [ -n "$BY_NAME" ] && by_wget "$(bracketed "$HOST")" "$1" "$2"; } || refused "$1" "$2"
  fi
  printf '%s  %s\n' "$3" "$2" | sha256sum -c >/dev/null 2>&1 || fail "what came for $1 is not what was announced"
}
# by_wget HOST PATH FILE
by_wget() { wget -q -T 300 --content-on-error --ca-certificate="$work/ca.crt" -O "$3" "https://$1:$PORT$2"; }
refused() {
  reason=$(sed -n 's/.*"message":"\([^"]*\)".*/\1/p' "$2" 2>/dev/null || true)
  fail "the server did not give $1${reason:+: $reason}"
}

# ---- the work ------------------------------------------------------------------------------------------------------

check
check_package
mkdir -p "$install_dir/bin" "$install_dir/node/bin" "$install_dir/versions" "$config_dir" "$state_dir"
chmod 700 "$state_dir"
work=$(mktemp -d "$install_dir/.new-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
printf '%s\n' "$ANCHORS" >"$work/ca.crt"
# Where the installation lets public authorities in: the file in which this system keeps them.
if [ -n "$PUBLIC" ]; then
  cat /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem >>"$work/ca.crt" 2>/dev/null || :
fi

say "Fetching the agent $VERSION from $HOST."
fetch "/bip/$KEY/payload/linux-$machine" "$work/payload.tar.gz" "$sha256"
mkdir "$work/tree"
tar -xzf "$work/payload.tar.gz" -C "$work/tree"
rm "$work/payload.tar.gz"
new=$work/tree/opt/muster-agent
if [ -z "$brings_node" ]; then
  # The device's own, unless it is what an earlier run linked already.
  case $node in "$install_dir"/*) cp -P "$install_dir/node/bin/node" "$new/node/bin/node" ;; *) ln -s "$node" "$new/node/bin/node" ;; esac
fi
"$new/node/bin/node" -e 0 || fail 'the Node.js for the agent does not run on this device'

if [ -x "$install_dir/bin/service" ]; then "$install_dir/bin/service" stop
elif [ -x "$init" ]; then "$init" stop; fi
mv -f "$new/node/bin/node" "$install_dir/node/bin/node"
rm -rf "${install_dir:?}/versions/$VERSION"
mv "$new/versions/$VERSION" "$install_dir/versions/$VERSION"
mv -f "$new/launcher.mjs" "$install_dir/launcher.mjs"
for program in muster-agent service supervise; do mv -f "$new/bin/$program" "$install_dir/bin/$program"; done
printf '%s\n' "$VERSION" >"$work/current"
mv -f "$work/current" "$install_dir/current"
printf '%s\n' "$CONFIG" >"$work/agent.json"
mv -f "$work/agent.json" "$config"
if [ -z "$prefix" ] && [ -d /run/systemd/system ]; then mv -f "$work/tree/usr/lib/systemd/system/muster-agent.service" "$unit"
else
  mkdir -p "$(dirname "$init")"
  mv -f "$work/tree/etc/init.d/muster-agent" "$init"
fi
# The agent removes it as soon as it has opened enrolment.
printf '%s\n' "$KEY" >"$state_dir/registration.key"

if ! "$agent" enrol; then
  if [ -n "$fresh" ]; then
    rm -rf "$install_dir" "$config_dir" "$state_dir" "$init"
    if [ -z "$prefix" ]; then rm -f "$unit"; fi
    fail 'this device was not enrolled. What was installed is removed again.'
  fi
  "$install_dir/bin/service" start
  fail 'the agent is upgraded, but could not reach its server just now.'
fi
"$install_dir/bin/service" start

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
