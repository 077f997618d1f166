#!/bin/sh
# Makes a certificate authority and the certificates of both servers. Needs OpenSSL 1.1.1 or later and nothing else.
#
#   make-certs.sh init  CA_DIR [NAME]                 a root (20 years), issuing CAs (5 years), signing delegations (1 year)
#   make-certs.sh roll  CA_DIR [NAME]                 a second root beside the first, and everything below it anew
#   make-certs.sh server CA_DIR OUT_DIR NAME|IP ...   cert.crt (with chain), cert.key and xmpp.pem for these names
#
# After `init`, copy roots/*.key to a place without a network and delete it here; only `roll` and the yearly renewal of
# the delegations (`make-certs.sh delegate CA_DIR`) need it. All keys are ECDSA P-256.
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

delegate() {
  root=$(current_root "$1")
  for purpose in operation endpoint-map; do
    issue "$purpose" 366 "Muster signing: $purpose" "$1/signing/$purpose" "$root"
  done
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

roll() {
  current_root "$1" >/dev/null 2>&1 || [ -n "$(ls "$1"/roots/*.crt 2>/dev/null)" ] || fail "there is no authority in $1"
  number=$(($(ls "$1"/roots/*.crt | wc -l) + 1))
  make_root root "$2 root CA $number" "$1/roots/root-$number"
  below_root "$1" "$2"
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
  mv "$out/leaf.key" "$out/cert.key"
  cat "$out/cert.key" "$out/cert.crt" "$(newest_root "$authority")" >"$out/xmpp.pem"
  rm "$out/leaf.crt"
}

verb=${1:-}
[ $# -ge 2 ] || { sed -n '2,9p' "$0" | sed 's/^# \{0,1\}//'; exit 2; }
shift
case $verb in
  init) init "$1" "${2:-Muster}" ;;
  roll) roll "$1" "${2:-Muster}" ;;
  delegate) delegate "$1" ;;
  server) [ $# -ge 3 ] || fail "server needs CA_DIR, OUT_DIR and at least one name"; server "$@" ;;
  *) fail "unknown verb '$verb' (init, roll, delegate, server)" ;;
esac
