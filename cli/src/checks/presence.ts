import type { DatabaseFacts } from './database';
import { type Check, defineMessages, fault } from './finding';

const messages = defineMessages(
  'presence',
  'Devices reach the XMPP server, as the database knows it: its broker reports, and those that ask for work are connected.',
  {
    'broker-silent': fault(
      'No broker reports to this server, {since}: devices cannot be woken, and find their work only by asking.',
      'Run "muster doctor" on the XMPP server: its services or the link between the servers are down.',
    ),
    'devices-without-push': fault(
      'Devices do not reach the XMPP server: {polling} ask this server for work and are not connected to it, {online} are.',
      'Open port {port} (TCP) of the XMPP server to the networks of your devices. When it was away, they take up to five minutes to come back: ask again then.',
    ),
  },
);

/** A device that asks for this long without a connection is not just about to make one. */
const SETTLED_MINUTES = 5;
/** Fewer connected devices for each that only asks count as hardly any. */
const HARDLY_ANY = 0.1;

export interface Reach {
  /** Brokers whose lease holds, and since when the last one is out of reach where none does. */
  brokers: number;
  lapsedAt: Date | null;
  devices: number;
  /** Connected; and asking for a while without being so. */
  online: number;
  polling: number;
}

const REACH = `
  SELECT n.brokers, n.lapsed_at AS "lapsedAt", d.devices, d.online, d.polling
    FROM (SELECT (count(*) FILTER (WHERE lapsed_at IS NULL))::int AS brokers, max(lapsed_at) AS lapsed_at
            FROM core.broker_nodes) n,
         (SELECT count(*)::int AS devices, (count(*) FILTER (WHERE presence = 'online'))::int AS online,
                 (count(*) FILTER (WHERE presence = 'polling'
                    AND presence_at < now() - make_interval(mins => $1)))::int AS polling
            FROM core.devices WHERE retired_at IS NULL) d`;

/** @throws Error where the database does not answer, or has no devices */
export async function reachOf(facts: DatabaseFacts): Promise<Reach> {
  const [found] = await facts.rows<Reach>(REACH, [SETTLED_MINUTES]);
  if (!found) throw new Error('the database said nothing of devices');
  return found;
}

/** Whether devices reach the XMPP server, told by what arrives here: this server itself need not reach it. */
export const presenceCheck = (facts: DatabaseFacts, { port }: { port: number }): Check => ({
  name: 'presence',
  run: async () => {
    const reach = await reachOf(facts).catch(() => undefined);
    if (!reach) return []; // another check says so
    const { brokers, lapsedAt, devices, online, polling } = reach;
    if (brokers === 0) {
      const at = lapsedAt?.toISOString().slice(0, 19).replace('T', ' ');
      return [messages.say('broker-silent', { since: at ? `since ${at} UTC` : 'and none is known' })];
    }
    if (polling > 0 && online < polling * HARDLY_ANY)
      return [messages.say('devices-without-push', { polling, online, port })];
    if (devices === 0) return [messages.ok('The broker reports; no device is enrolled yet.')];
    return [messages.ok(`The broker reports; ${online} of ${devices} devices are connected to it.`)];
  },
});
