import type { Feature } from '../core/feature';
import { goRound } from '../core/rounds';
import type { XmppServer } from '../core/server';
import type { Session } from '../core/session';
import { StreamError } from '../core/stream-error';
import { element } from '../core/xml/element';

const PING_NS = 'urn:xmpp:ping';
/** Rounds through all sessions in the time after which one is asked: that one is asked at most a quarter later. */
const ROUNDS = 4;

export interface PingOptions {
  /** Seconds of silence after which the peer is asked whether it is still there. */
  afterSeconds: number;
  /** Seconds that it has to answer. */
  timeoutSeconds: number;
}

/**
 * Pings in both directions. Anything that arrives counts as a sign of life, whitespace included, so a peer that talks is
 * never asked. A peer that does not answer is taken for dead: its connection ends, its session may be resumed.
 */
export function ping({ afterSeconds, timeoutSeconds }: PingOptions): Feature {
  return {
    name: 'ping',
    specification: 'XEP-0199 2.0.1',
    install(server) {
      server.namespaces.add(PING_NS);
      server.handlers.onIq('bound', 'get', PING_NS, 'ping', () => undefined);

      const asked = new WeakSet<Session>();
      goRound(server, (afterSeconds * 1000) / ROUNDS, (session) => {
        const silentSince = Date.now() - afterSeconds * 1000;
        if (!session.stream || session.stream.input.lastHeard > silentSince || asked.has(session)) return;
        asked.add(session);
        void ask(server, session, timeoutSeconds * 1000).finally(() => asked.delete(session));
      });
    },
  };
}

async function ask(server: XmppServer, session: Session, timeoutMs: number): Promise<void> {
  const { stream } = session;
  if (!stream) return;
  const before = stream.input.lastHeard;
  let answer: Promise<unknown> = Promise.resolve();
  stream.guard('pinging', () => {
    answer = server.handlers.requests.ask(session, 'get', server.domain, element('ping', PING_NS), timeoutMs);
  });
  await answer;
  // Whatever was heard meanwhile is an answer as well.
  if (session.stream !== stream || stream.input.lastHeard > before || stream.input.stopped) return;
  stream.guard('ending a dead stream', () => stream.drop(new StreamError('connection-timeout', 'no answer to a ping')));
}
