import { request } from 'node:https';
import { isIP } from 'node:net';
import { type Check, defineMessages, fault, warning } from './finding';

const messages = defineMessages('clock', 'The clocks of both servers agree; certificates and tickets depend on it.', {
  'clock-skew': fault(
    'The clock of this server and that of {other} differ by {seconds} seconds: this one is {direction}.',
    'Run a time service on both (systemd-timesyncd, chrony): "timedatectl set-ntp true".',
  ),
  'clock-impossible': fault(
    'The clock of this server says {time}, which is before this version of muster was made.',
    'Set it: "timedatectl set-time", and run a time service.',
  ),
  'clock-not-compared': warning(
    'The clock could not be compared with that of {other}, which does not answer.',
    'Reach it first; see the other findings.',
  ),
});

/** No server's clock may be before this. */
const MADE = Date.parse('2025-11-01T00:00:00Z');
const MOST_SECONDS = 5;

export const plausibleClockCheck = (now: () => number = Date.now): Check => ({
  name: 'clock',
  run: async () => {
    const time = new Date(now()).toISOString();
    return [now() < MADE ? messages.say('clock-impossible', { time }) : messages.ok(`The clock says ${time}.`)];
  },
});

export interface HttpsPlace {
  host: string;
  port: number;
  name: string;
}

/** Compares with the `Date` of an HTTPS reply (RFC 9110, section 6.6.1), whole seconds, half the round trip taken off. */
export const clockSkewCheck = (other: HttpsPlace, now: () => number = Date.now): Check => ({
  name: 'clock',
  run: async () => {
    const name = `${other.name} (${other.host}:${other.port})`;
    try {
      const before = now();
      const date = await dateOf(other);
      const here = (before + now()) / 2;
      const seconds = Math.round((here - (date + 500)) / 1000);
      if (Math.abs(seconds) <= MOST_SECONDS) return [messages.ok(`The clocks of this server and ${name} agree.`)];
      const direction = seconds > 0 ? 'ahead' : 'behind';
      return [messages.say('clock-skew', { other: name, seconds: Math.abs(seconds), direction })];
    } catch {
      return [messages.say('clock-not-compared', { other: name })];
    }
  },
});

/** What the broker has told of devices, newest first: when it was taken down here, and its text. */
export type Told = () => Promise<readonly { at: Date; text: string }[]>;

/** Link and batches take time, though no more than this; what waited for a link that was down takes longer. */
const MOST_ON_THE_WAY = 10;
/** What waited comes all at once: messages that are this far apart have not waited for the same link. */
const APART_SECONDS = 30;
const INSTANT = /"at":"([^"]+)"/g;

/**
 * Compares with the XMPP server's clock where no way leads to it: the broker says when a device came or went or was told
 * something, and NATS when it got to know. Nothing arrives before it happens; what arrives late has waited, or this clock is
 * ahead, which shows in as much for messages that came at different times.
 */
export const brokerClockCheck = (told: Told): Check => ({
  name: 'clock',
  run: async () => {
    const found = await told().catch(() => []); // another check says that NATS does not answer
    const late = found.flatMap(({ at, text }) => {
      const instants = [...text.matchAll(INSTANT)]
        .map(([, instant = '']) => Date.parse(instant))
        .filter(Number.isFinite);
      const arrived = at.getTime() / 1000;
      return instants.length > 0 ? [{ arrived, by: arrived - Math.max(...instants) / 1000 }] : [];
    });
    if (late.length === 0) return [];
    const least = Math.min(...late.map(({ by }) => by));
    const [other, seconds] = ['the XMPP server', Math.abs(Math.round(least))];
    if (least < -MOST_SECONDS) return [messages.say('clock-skew', { other, seconds, direction: 'behind' })];
    if (least <= MOST_ON_THE_WAY)
      return [messages.ok(`The clocks of this server and ${other} agree, as its broker reports.`)];
    const alike = late.filter(({ by }) => by - least <= MOST_ON_THE_WAY).map(({ arrived }) => arrived);
    if (Math.max(...alike) - Math.min(...alike) < APART_SECONDS) return []; // it may all have waited
    return [messages.say('clock-skew', { other, seconds, direction: 'ahead' })];
  },
});

function dateOf({ host, port, name }: HttpsPlace): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        ...{ host, port, path: '/', method: 'HEAD', agent: false, headers: { host: name } },
        timeout: 5_000, // here, since `setTimeout` of a request begins only once it is connected
        ...(isIP(name) ? {} : { servername: name }),
        rejectUnauthorized: false, // a clock that is wrong is one reason for which its certificate would be refused
      },
      (response) => {
        response.resume();
        const date = Date.parse(response.headers.date ?? '');
        if (Number.isNaN(date)) reject(new Error('no date'));
        else resolve(date);
      },
    );
    call.once('timeout', () => call.destroy(new Error('no answer')));
    call.once('error', reject);
    call.end();
  });
}
