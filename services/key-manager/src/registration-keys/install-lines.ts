import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { caBundle, type InstallLine, type ServerTrust } from '@muster/contracts';

const OTHER_CA = 'The server sent another CA certificate than this line names. Nothing was run.';
const NO_CA = 'The CA certificate could not be fetched. Nothing was run.';
/** Where systems keep the public roots in one file: Debian and its kin, Fedora and its kin, SUSE. */
const PUBLIC_ROOTS = '/etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem';
/** The sentence in the error that the server answered instead of the script; nothing when it answered something else. */
const REASON = String.raw`sed -n "s/.*\"message\":\"\([^\"]*\)\".*/ \1/p" run.sh 2>/dev/null`;

/** Where devices reach the suite. */
export interface InstallHost {
  /** Host name or IP address. */
  host: string;
  port: number;
  /** Addresses to dial instead of asking DNS; may be empty. */
  addresses: readonly string[];
}

/**
 * The lines to paste on a device. Each one fetches the CA's certificates without trust, goes on only if their SHA-256 is
 * the one that the line carries, fetches the script over TLS that those certificates verify, and runs it. It is one
 * `sh -c '…'`: a paste that was cut short is an unfinished word and runs nothing; `sudo` in front works.
 * Where public authorities count, those that the device's system keeps are added to the CA's certificates.
 */
export function installLines(key: string, trust: ServerTrust, where: InstallHost): InstallLine[] {
  const sha256 = createHash('sha256').update(caBundle(trust)).digest('hex');
  return (['install', 'uninstall'] as const).map((purpose) => ({
    platform: 'linux',
    purpose,
    line: line(`/bip/${key}/${purpose}.sh`, { ...trust, sha256 }, where),
  }));
}

/** In `sh -c '…'`, so without any single quote. Works in the temporary folder, so that no path needs quoting. */
function line(path: string, trust: ServerTrust & { sha256: string }, where: InstallHost): string {
  const origin = originOf(where.host, where.port);
  // wget cannot be told an address for a name: it dials the address, which the server's certificate names too.
  const [address] = where.addresses;
  const direct = address === undefined || isIP(where.host) ? origin : originOf(address, where.port);
  const wget = (from: string): string => `wget -q -T 300 --content-on-error "$@" -O "$f" "${from}$u"`;
  // Certificates of other CAs seldom name addresses.
  const byName = direct !== origin && (trust.serverAnchors ?? trust.publicServers) ? ` || ${wget(origin)}` : '';
  // Not `curl -f`, which throws the server's reason away; `--fail-with-body` is younger than the systems that agents run on.
  const curl = `curl -sS -m 300 --proto =https${resolving(where)} -w "%{http_code}"`;
  const steps = [
    'set -eu; d=$(mktemp -d); trap "cd /; rm -rf \\"$d\\"" EXIT; cd "$d"',
    'no() { echo "muster: $1" >&2; exit 1; }',
    'if command -v curl >/dev/null 2>&1',
    `then g() { f=$1 u=${origin}$2; shift 2; s=$(${curl} "$@" -o "$f" "$u") && [ "$s" = 200 ]; }; a=-k; c="--cacert ca.crt"`,
    `else g() { f=$1 u=$2; shift 2; ${wget(direct)}${byName}; }; a=--no-check-certificate; c=--ca-certificate=ca.crt`,
    'fi',
    `g ca.crt /ca.crt $a || no "${NO_CA}"`,
    `echo "${trust.sha256}  ca.crt" | sha256sum -c >/dev/null 2>&1 || no "${OTHER_CA}"`,
    ...(trust.publicServers ? [`cat ${PUBLIC_ROOTS} >>ca.crt 2>/dev/null || :`] : []),
    `g run.sh ${path} $c || no "The server refused the script.$(${REASON}) Nothing was run."`,
    'sh run.sh',
  ];
  return `sh -c '${steps.join('; ')}'`;
}

/** curl's `--resolve`, so that the name needs no DNS; nothing to add when the host is an address or none is known. */
function resolving({ host, port, addresses }: InstallHost): string {
  if (isIP(host) || addresses.length === 0) return '';
  return ` --resolve ${host}:${port}:${addresses.map(bracketed).join(',')}`;
}

const bracketed = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host);
const originOf = (host: string, port: number): string => `https://${bracketed(host)}${port === 443 ? '' : `:${port}`}`;
