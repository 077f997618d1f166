import { request } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { isIP } from 'node:net';
import { EndpointMap, getEndpointMap, parse, Signed } from '@muster/contracts';
import { digestOf, certificatesIn } from './pem';
import type { TlsPlace } from './served';
import type { ServerTrust } from './server-trust';

const TIMEOUT_MS = 5_000;
const EVERY_MS = 1_000;
const LONGEST = 500_000;

/**
 * Waits until the endpoint map, which devices are given, says what the authority's folder says of servers.
 * @returns false when it does not within the time; undefined when there is nobody to ask
 */
export async function mapSays(place: TlsPlace, trust: ServerTrust, seconds: number): Promise<boolean | undefined> {
  const end = Date.now() + seconds * 1000;
  for (let answered = false; ;) {
    const map = await currentMap(place).catch(() => undefined);
    answered ||= map !== undefined;
    if (map && agrees(map, trust)) return true;
    if (!map && !answered) return undefined;
    if (Date.now() > end) return false;
    await pause(EVERY_MS);
  }
}

function agrees({ serverAnchors = [], publicServers = false }: EndpointMap, trust: ServerTrust): boolean {
  const prints = (pems: readonly string[]): string =>
    pems
      .flatMap((pem) => certificatesIn(pem))
      .map(digestOf)
      .sort()
      .join();
  return publicServers === trust.public && prints(serverAnchors) === prints(trust.roots);
}

/** What it says is looked at and not believed, so neither is who says it. @throws Error when there is none */
async function currentMap({ host, port, serverName }: TlsPlace): Promise<EndpointMap> {
  const text = await new Promise<string>((resolve, reject) => {
    const call = request(
      {
        ...{ host, port, path: getEndpointMap.path, agent: false, rejectUnauthorized: false },
        ...(isIP(serverName) ? {} : { servername: serverName }),
        timeout: TIMEOUT_MS, // here, since `setTimeout` of a request begins only once it is connected
        headers: { host: serverName },
      },
      (response) => {
        let read = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          read += piece;
          if (read.length > LONGEST) call.destroy(new Error('the answer is too long'));
        });
        response.once('error', reject);
        response.once('end', () => resolve(read));
      },
    );
    call.once('timeout', () => call.destroy(new Error('no answer')));
    call.once('error', reject);
    call.end();
  });
  const { payload } = parse(Signed, JSON.parse(text), { unknown: 'drop' });
  return parse(EndpointMap, JSON.parse(payload), { unknown: 'drop' });
}
