import type { Feature } from '../core/feature';
import type { Session } from '../core/session';
import { StreamError } from '../core/stream-error';
import { element } from '../core/xml/element';

const PING_NS = 'urn:xmpp:ping';

export interface PingOptions {
  /** Seconds of silence after which the peer is asked whether it is still there. */
  afterSeconds: number;
  /** Seconds that it has to answer. */
  timeoutSeconds: number;
}

/**
 * Pings in both directions. Anything that arrives counts as a sign of life, so a peer that talks is never asked. A
 * peer that does not answer is taken for dead: its connection ends, its session may be resumed.
 */
export function ping({ afterSeconds, timeoutSeconds }: PingOptions): Feature {
  return {
    name: 'ping',
    specification: 'XEP-0199 2.0.1',
    install(server) {
      server.namespaces.add(PING_NS);
      server.handlers.onIq('bound', 'get', PING_NS, 'ping', () => undefined);

      const timers = new Map<Session, NodeJS.Timeout>();
      const watch = (session: Session, milliseconds: number): void => {
        clearTimeout(timers.get(session));
        timers.set(session, setTimeout(() => check(session), milliseconds).unref());
      };
      const check = (session: Session): void => {
        const { stream } = session;
        if (!stream) return;
        const silent = Date.now() - stream.lastHeard;
        if (silent < afterSeconds * 1000) return watch(session, afterSeconds * 1000 - silent);
        stream.guard('pinging', () => {
          const asked = element('ping', PING_NS);
          void server.handlers.requests.ask(session, 'get', server.domain, asked, timeoutSeconds * 1000).then(() => {
            if (session.stream !== stream) return;
            if (Date.now() - stream.lastHeard < timeoutSeconds * 1000) return watch(session, afterSeconds * 1000);
            stream.guard('ending a dead stream', () =>
              stream.drop(new StreamError('connection-timeout', 'no answer to a ping')),
            );
          });
        });
      };
      server.events.on('online', (session) => watch(session, afterSeconds * 1000));
      server.events.on('offline', (session) => {
        clearTimeout(timers.get(session));
        timers.delete(session);
      });
    },
  };
}
