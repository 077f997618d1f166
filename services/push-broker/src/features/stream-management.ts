import type { Feature } from '../core/feature';
import { STANZA_ERROR_NS } from '../core/namespaces';
import type { Session } from '../core/session';
import type { Stream } from '../core/stream';
import { StreamError } from '../core/stream-error';
import { constant } from '../core/xml/constant';
import { type Element, element } from '../core/xml/element';
import { COUNTER_LIMIT, type ManagedOptions, ManagedSession, type Resumption, SM_NS } from './managed-session';

export interface StreamManagementOptions extends ManagedOptions {
  /** Seconds that a session without connection waits to be resumed; a client may ask for fewer. */
  resumeSeconds: number;
  /** Sessions that have ended and whose count of handled stanzas is still known. */
  rememberedSessions: number;
}

/** What is known of a session that has ended. */
interface Ended {
  account: string;
  inbound: number;
}

/**
 * Stream management: both ends count stanzas and acknowledge them, and a session whose connection broke goes on where
 * it stopped. What the peer did not acknowledge is sent again after resumption, what it did is not. No `location` is
 * offered: there is one address, and every node behind it answers for itself.
 */
export function streamManagement(options: StreamManagementOptions): Feature {
  return {
    name: 'stream-management',
    specification: 'XEP-0198 1.6.1',
    install(server) {
      const resumable = new Map<string, ManagedSession>();
      const ended = new Map<string, Ended>();
      const remember = (managed: ManagedSession, inbound: number): void => {
        resumable.delete(managed.id);
        ended.set(managed.id, { account: managed.session.jid.bare, inbound });
        const [oldest] = ended.keys();
        if (ended.size > options.rememberedSessions && oldest !== undefined) ended.delete(oldest);
      };

      const offer = constant(element('sm', SM_NS));
      server.advertise((stream) => (stream.account ? offer : undefined));
      server.handlers.afterStanza((session) => managedOf(session)?.countInbound());

      server.handlers.onElement('authenticated', SM_NS, 'enable', (stream, enable) => {
        const { session } = stream;
        if (!session) return stream.send(failed('unexpected-request'));
        // Section 3: at most one attempt, and a stream error for another one.
        if (managedOf(session)) throw new StreamError('policy-violation', 'stream management is enabled already');
        const seconds = Math.min(options.resumeSeconds, preferred(enable) ?? options.resumeSeconds);
        const resumption: Resumption | undefined = isTrue(enable, 'resume') ? { seconds, ended: remember } : undefined;
        const managed = new ManagedSession(session, server, resumption, options);
        session.carrier = managed;
        if (resumption) resumable.set(managed.id, managed);
        stream.send(
          element('enabled', SM_NS, resumption && { id: managed.id, resume: 'true', max: String(resumption.seconds) }),
        );
      });

      server.handlers.onElement('authenticated', SM_NS, 'resume', (stream, resume) => {
        if (stream.session) return stream.send(failed('unexpected-request'));
        const previous = resume.attribute('previd') ?? '';
        const h = counter(resume);
        if (h === undefined) return stream.send(failed('bad-request'));
        const found = resumable.get(previous);
        if (found?.session.jid.bare === stream.account?.bare && found) return whenSettled(found, stream, h);
        // Which of its stanzas arrived, the client may still learn (section 5); somebody else's client may not.
        const former = ended.get(previous);
        const handled = former?.account === stream.account?.bare ? former?.inbound : undefined;
        stream.send(failed('item-not-found', handled));
      });

      server.handlers.onElement('bound', SM_NS, 'r', (stream) => {
        const managed = stream.session && managedOf(stream.session);
        if (!managed) return stream.send(failed('unexpected-request'));
        managed.acknowledge();
      });

      server.handlers.onElement('bound', SM_NS, 'a', ({ session }, ack) => {
        const h = counter(ack);
        if (h === undefined) throw new StreamError('invalid-xml', '`h` must be a number of 32 bits');
        if (session) managedOf(session)?.acknowledged(h);
      });
    },
  };
}

/** A stanza that came on the last connection may still be on its way to where it is kept; it counts then. */
function whenSettled(found: ManagedSession, stream: Stream, h: number): void {
  const { settling } = found.session;
  if (!settling) return found.resume(stream, h);
  const goOn = stream.hold();
  void settling.then(() => {
    stream.guard('resuming a session', () => {
      if (found.session.ended) stream.send(failed('item-not-found'));
      else if (!stream.closed) found.resume(stream, h);
    });
    goOn();
  });
}

const managedOf = ({ carrier }: Session): ManagedSession | undefined =>
  carrier instanceof ManagedSession ? carrier : undefined;

/** @returns undefined when there is no counter in `h` */
function counter(from: Element): number | undefined {
  const text = from.attribute('h') ?? '';
  const value = /^\d{1,10}$/.test(text) ? Number(text) : COUNTER_LIMIT;
  return value < COUNTER_LIMIT ? value : undefined;
}

/** Seconds that the client would like a session to wait for it (section 3). */
function preferred(enable: Element): number | undefined {
  const text = enable.attribute('max') ?? '';
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

const isTrue = (from: Element, name: string): boolean => ['true', '1'].includes(from.attribute(name) ?? '');

const failed = (condition: string, h?: number): Element =>
  element('failed', SM_NS, { h: h === undefined ? undefined : String(h) }, element(condition, STANZA_ERROR_NS));
