#!/bin/sh
# Makes a certificate authority and the certificates of both servers. Needs OpenSSL 1.1.1 or later and nothing else.
#
#   make-certs.sh init  CA_DIR [NAME]                 a root (20 years), issuing CAs (5 years), signing delegations (1 year)
#   make-certs.sh roll  CA_DIR [NAME]                 a second root beside the first, and everything below it anew; the
#                                                     first signs a cross certificate for the second
#   make-certs.sh retire CA_DIR                       ends a roll-over: all roots but the newest go to retired/
#   make-certs.sh issuing CA_DIR devices|servers [NAME]   a new issuing CA under the root that is current
#   make-certs.sh server CA_DIR OUT_DIR NAME|IP ...   cert.crt (with chain), cert.key and xmpp.pem for these names
#
# After `init`, copy roots/*.key to a place without a network and delete it here; only `roll`, `issuing` and the yearly
# renewal of the delegations (`make-certs.sh delegate CA_DIR`) need it. All keys are ECDSA P-256. A `roll` that was cut
# off goes on where it was when it is run again. A root stays in roots/ until the last device has renewed; one in retired/
# is trusted by no server, and a device that slept on still follows its cross certificate from there. When the old root's
# key is lost, `roll --without-cross CA_DIR [NAME]` leaves signing/ as it is: devices that are awake follow what is signed
# there. Once they have, run `delegate`, `server` and `retire`; those that slept cannot follow.
set -eu
umask 077
here=$(cd "$(dirname "$0")" && pwd)
export COMMON_NAME="" SUBJECT_ALT_NAME="DNS:unused.invalid"

fail() { echo "make-certs: $1" >&2; exit 1; }
command -v openssl >/dev/null || fail "openssl is not installed; install it (Debian: apt-get install openssl)."

new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }

# issue SECTION DAYS COMMON_NAME OUT(.key and .crt) ISSUER(.key and .crt)
issue() {
  COMMON_NAME=$3
  new_key "$4.key"
  openssl req -new -config "$here/extensions.cnf" -key "$4.key" -out "$4.csr"
  openssl x509 -req -in "$4.csr" -days "$2" -CA "$5.crt" -CAkey "$5.key" -set_serial "0x$(openssl rand -hex 15)" \
    -extfile "$here/extensions.cnf" -extensions "$1" -out "$4.crt" 2>/dev/null
  rm "$4.csr"
}

newest_root() { ls "$1"/roots/*.crt 2>/dev/null | sort -V | tail -n 1; }

# The root that was made last; its key must be here.
current_root() {
  newest=$(newest_root "$1")
  [ -n "$newest" ] || fail "there is no root in $1/roots; run: make-certs.sh init $1"
  base=${newest%.crt}
  [ -f "$base.key" ] || fail "the key of ${newest##*/} is not here; bring $base.key back for this step."
  echo "$base"
}

make_root() {
  COMMON_NAME=$2
  new_key "$3.key"
  openssl req -x509 -new -config "$here/extensions.cnf" -key "$3.key" -days 7305 -set_serial "0x$(openssl rand -hex 15)" \
    -extensions root -out "$3.crt"
}

# Run by root for a service without rights: new files are for whom the folder is.
give_to_owner_of() {
  [ "$(id -u)" -ne 0 ] || chown -R "$(ls -ldn "$1" | awk '{ print $3 ":" $4 }')" "$2"
}

delegate() {
  root=$(current_root "$1")
  for purpose in operation endpoint-map audit-head release; do
    issue "$purpose" 366 "Muster signing: $purpose" "$1/signing/$purpose" "$root"
  done
  give_to_owner_of "$1/signing" "$1/signing"
}

# cross NEW OLD DIR: the new root's name and key, certified by the old root for as long as that is valid. Twice: cross/ for
# signatures, whose readers ask for the usage that names a successor, and cross-tls/ for servers to show, without that
# usage: its number is longer than programs in Go, such as nats-server, can read.
cross() {
  days=$(days_left "$2.crt")
  [ "$days" -gt 0 ] || fail "${2##*/}.crt ends within a day; with --without-cross it need not sign its successor."
  openssl x509 -x509toreq -in "$1.crt" -signkey "$1.key" -out "$3/cross.csr" 2>/dev/null
  for kind in cross cross-tls; do
    mkdir -p "$3/$kind"
    openssl x509 -req -in "$3/cross.csr" -days "$days" -CA "$2.crt" -CAkey "$2.key" -set_serial "0x$(openssl rand -hex 15)" \
      -extfile "$here/extensions.cnf" -extensions "$kind" -out "$3/$kind/${1##*/}.crt" 2>/dev/null
  done
  rm "$3/cross.csr"
}

# Whole days that a certificate is still valid, 7304 at most (a day less than a new root). By halves, because every
# openssl can compare dates and few can print them in a form that every shell can calculate with.
days_left() {
  low=0 high=7305
  while [ $((high - low)) -gt 1 ]; do
    middle=$(((low + high) / 2))
    if openssl x509 -noout -in "$1" -checkend $((middle * 86400)) >/dev/null; then low=$middle; else high=$middle; fi
  done
  echo "$low"
}

below_root() {
  root=$(current_root "$1")
  for purpose in devices servers; do
    issue issuing 1826 "$2 issuing CA: $purpose" "$1/issuing/$purpose" "$root"
  done
  delegate "$1"
}

init() {
  [ ! -e "$1/roots" ] || fail "$1 already holds an authority; to replace it by a second root run: make-certs.sh roll $1"
  mkdir -p "$1/roots" "$1/issuing" "$1/signing"
  make_root root "$2 root CA" "$1/roots/root-1"
  below_root "$1" "$2"
}

# Everything is made aside and moved in at the end, cross certificate first and signing keys last, so that whoever reads
# the folder meanwhile never finds a delegation without the way to it, and a failure leaves the folder as it was. Once
# all is made, `.rolling` has its name, and a second run moves in what is left there instead of making a third root.
roll() {
  newest=$(newest_root "$1")
  [ -n "$newest" ] || fail "there is no authority in $1"
  if [ ! -d "$1/.rolling" ]; then
    number=$(next_number "$1")
    making=$1/.rolling.new
    rm -rf "$making"
    trap 'rm -rf "$making"' EXIT
    mkdir -p "$making/roots" "$making/issuing" "$making/signing"
    make_root root "$2 root CA $number" "$making/roots/root-$number"
    if [ "$3" != without ]; then
      old=$(current_root "$1")
      cross "$making/roots/root-$number" "$old" "$making"
    fi
    below_root "$making" "$2"
    # What only the new root delegates, nobody would believe yet.
    [ "$3" != without ] || rm -f "$making"/signing/*
    give_to_owner_of "$1/roots" "$making"
    mv "$making" "$1/.rolling"
  fi
  move_in "$1"
}

# A key before its certificate: a pair that does not fit is left alone by who reads it.
move_in() {
  for part in cross-tls cross roots issuing signing; do
    [ -d "$1/.rolling/$part" ] || continue
    [ -d "$1/$part" ] || { mv "$1/.rolling/$part" "$1/$part"; continue; }
    for file in "$1/.rolling/$part"/*.key "$1/.rolling/$part"/*.crt; do
      [ ! -f "$file" ] || mv "$file" "$1/$part/"
    done
  done
  rm -rf "$1/.rolling"
}

# A root's key has nothing more to sign once its successor is certified: it goes with the certificate.
retire() {
  newest=$(newest_root "$1")
  [ -n "$newest" ] || fail "there is no authority in $1"
  [ ! -d "$1/.rolling" ] || fail "a roll-over is half done; first run again: make-certs.sh roll $1"
  for delegation in "$1"/signing/*.crt; do
    openssl verify -CAfile "$newest" "$delegation" >/dev/null 2>&1 ||
      fail "${delegation##*/} is delegated by another root than ${newest##*/}; first run: make-certs.sh delegate $1"
  done
  for root in "$1"/roots/*.crt; do
    [ "$root" != "$newest" ] || continue
    mkdir -p "$1/retired"
    give_to_owner_of "$1/roots" "$1/retired"
    [ ! -f "${root%.crt}.key" ] || mv "${root%.crt}.key" "$1/retired/"
    mv "$root" "$1/retired/"
  done
}

# A new key and certificate for one purpose; what the one before has issued stays valid, since the root does.
issuing() {
  case $2 in devices|servers) ;; *) fail "'$2' is no issuing CA: it is devices or servers." ;; esac
  root=$(current_root "$1")
  making=$1/.issuing.new
  rm -rf "$making"
  trap 'rm -rf "$making"' EXIT
  mkdir -p "$making"
  issue issuing 1826 "$3 issuing CA: $2" "$making/$2" "$root"
  give_to_owner_of "$1/issuing" "$making"
  for kind in key crt; do mv "$making/$2.$kind" "$1/issuing/$2.$kind"; done
}

# One more than the highest number, also when the roots before are gone.
next_number() {
  highest=$(ls "$1/roots" | sed -n 's/^root-\([0-9][0-9]*\)\.crt$/\1/p' | sort -n | tail -n 1)
  echo $((${highest:-$(ls "$1"/roots/*.crt | wc -l)} + 1))
}

server() {
  authority=$1 out=$2
  shift 2
  names="" first=$1
  for name in "$@"; do
    case $name in
      *:*|*[0-9].[0-9]*.[0-9]*.[0-9]*) case $name in *[!0-9.:a-fA-F]*) kind=DNS ;; *) kind=IP ;; esac ;;
      *) kind=DNS ;;
    esac
    names="$names${names:+,}$kind:$name"
  done
  SUBJECT_ALT_NAME=$names
  mkdir -p "$out"
  issue server 825 "$first" "$out/leaf" "$authority/issuing/servers"
  cat "$out/leaf.crt" "$authority/issuing/servers.crt" >"$out/cert.crt"
  root=$(newest_root "$authority")
  # Before the root in xmpp.pem: a client that knows only the old root takes the first certificate that fits.
  for cross in "$authority/cross-tls/${root##*/}" "$authority/cross/${root##*/}"; do
    [ -f "$cross" ] || continue
    cat "$cross" >>"$out/cert.crt"
    break
  done
  mv "$out/leaf.key" "$out/cert.key"
  cat "$out/cert.key" "$out/cert.crt" "$root" >"$out/xmpp.pem"
  rm "$out/leaf.crt"
}

verb=${1:-}
[ $# -ge 2 ] || { sed -n '2,18p' "$0" | sed 's/^# \{0,1\}//'; exit 2; }
shift
with=cross
[ "$verb $1" != "roll --without-cross" ] || { with=without; shift; }
[ $# -ge 1 ] || fail "$verb needs CA_DIR"
case $verb in
  init) init "$1" "${2:-Muster}" ;;
  roll) roll "$1" "${2:-Muster}" "$with" ;;
  retire) retire "$1" ;;
  issuing) issuing "$1" "${2:-}" "${3:-Muster}" ;;
  delegate) delegate "$1" ;;
  server) [ $# -ge 3 ] || fail "server needs CA_DIR, OUT_DIR and at least one name"; server "$@" ;;
  *) fail "unknown verb '$verb' (init, roll, retire, issuing, delegate, server)" ;;
esac
