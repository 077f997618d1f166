import type { DatabaseFacts } from './database';
import { type Check, defineMessages, fault } from './finding';

const messages = defineMessages(
  'presence',
  'Devices reach both servers, as the database knows it: the broker reports, those that ask for work are connected, and those that are connected ask.',
  {
    'broker-silent': fault(
      'No broker reports to this server, {since}: devices cannot be woken, and find their work only by asking.',
      'Run "muster doctor" on the XMPP server: its services or the link between the servers are down.',
    ),
    'devices-without-push': fault(
      'Devices do not reach the XMPP server: {polling} ask this server for work and are not connected to it, {online} are.',
      'Open port {port} (TCP) of the XMPP server to the networks of your devices. When it was away, they take up to five minutes to come back: ask again then.',
    ),
    'devices-without-sync': fault(
      'Devices do not reach this server: {silent} are connected to the XMPP server and have not asked here for {minutes} minutes, {heard} have.',
      'Open port {edge} (TCP) of this server to the networks of your devices; where it is open, "muster doctor device NAME" of one and "muster logs web" say more.',
    ),
  },
);

/** A device that asks for this long without a connection is not just about to make one. */
const SETTLED_MINUTES = 5;
/** Fewer connected devices for each that only asks count as hardly any. */
const HARDLY_ANY = 0.1;
/** A connected device asks every quarter of an hour; three times that without it are no accident. */
export const QUIET_SECONDS = 2_700;

export interface Reach {
  /** Brokers whose lease holds, and since when the last one is out of reach where none does. */
  brokers: number;
  lapsedAt: Date | null;
  devices: number;
  /** Connected; and asking for a while without being so. */
  online: number;
  polling: number;
  /** Connected for long, and meanwhile heard of here; or not. */
  heard: number;
  silent: number;
}

const REACH = `
  SELECT n.brokers, n.lapsed_at AS "lapsedAt", d.devices, d.online, d.polling, d.heard, d.silent
    FROM (SELECT (count(*) FILTER (WHERE lapsed_at IS NULL))::int AS brokers, max(lapsed_at) AS lapsed_at
            FROM core.broker_nodes) n,
         (SELECT count(*)::int AS devices, (count(*) FILTER (WHERE presence = 'online'))::int AS online,
                 (count(*) FILTER (WHERE presence = 'polling'
                    AND presence_at < now() - make_interval(mins => $1)))::int AS polling,
                 (count(*) FILTER (WHERE presence = 'online' AND presence_at < now() - make_interval(secs => $2)
                    AND last_contact_at >= now() - make_interval(secs => $2)))::int AS heard,
                 (count(*) FILTER (WHERE presence = 'online' AND presence_at < now() - make_interval(secs => $2)
                    AND last_contact_at < now() - make_interval(secs => $2)))::int AS silent
            FROM core.devices WHERE retired_at IS NULL) d`;

/** Of a server that was away itself nobody was heard meanwhile: they are given as long again. */
const HERE_FOR_LONG = 'SELECT pg_postmaster_start_time() < now() - make_interval(secs => $1) AS long';

/**
 * @param quietSeconds after which a connected device that was not heard of counts as silent
 * @throws Error where the database does not answer, or has no devices
 */
export async function reachOf(facts: DatabaseFacts, quietSeconds = QUIET_SECONDS): Promise<Reach> {
  const [found] = await facts.rows<Reach>(REACH, [SETTLED_MINUTES, quietSeconds]);
  if (!found) throw new Error('the database said nothing of devices');
  return found;
}

/** Ports that devices need, and for how long a connected one may be silent. */
export interface Ways {
  /** Of the XMPP server. */
  port: number;
  /** Of this server. */
  edge?: number;
  quietSeconds?: number;
}

/** Whether devices reach both servers, told by what arrives here: this server itself need not reach the other. */
export const presenceCheck = (
  facts: DatabaseFacts,
  { port, edge = 443, quietSeconds = QUIET_SECONDS }: Ways,
): Check => ({
  name: 'presence',
  run: async () => {
    const reach = await reachOf(facts, quietSeconds).catch(() => undefined);
    if (!reach) return []; // another check says so
    const { brokers, lapsedAt, devices, online, polling, heard, silent } = reach;
    if (brokers === 0) {
      const at = lapsedAt?.toISOString().slice(0, 19).replace('T', ' ');
      return [messages.say('broker-silent', { since: at ? `since ${at} UTC` : 'and none is known' })];
    }
    if (polling > 0 && online < polling * HARDLY_ANY)
      return [messages.say('devices-without-push', { polling, online, port })];
    if (silent > 0 && heard < silent * HARDLY_ANY) {
      const [here] = await facts.rows<{ long: boolean }>(HERE_FOR_LONG, [quietSeconds]);
      const minutes = Math.round(quietSeconds / 60);
      if (here?.long) return [messages.say('devices-without-sync', { silent, heard, minutes, edge })];
    }
    if (devices === 0) return [messages.ok('The broker reports; no device is enrolled yet.')];
    return [messages.ok(`The broker reports; ${online} of ${devices} devices are connected to it.`)];
  },
});
