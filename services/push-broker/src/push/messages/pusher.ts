import { setImmediate as nextTurn } from 'node:timers/promises';
import { InvalidInput, type Push, type PushAnswer, type PushOutcome } from '@muster/contracts';
import type { Jid } from '../../core/jid';
import type { Outcome, Routed, Router } from '../../core/router';
import { CLIENT_NS } from '../../core/namespaces';
import { Element } from '../../core/xml/element';
import { serialise } from '../../core/xml/serialise';
import type { Client } from '../clients/client';
import type { Groups } from '../groups';
import { type Composed, compose, composeStanza } from './compose';
import type { StanzaReader } from './stanza-text';
import { addressed, type Target, targetsOf } from './targets';

/** Copies that are routed before others get a turn. */
const AT_ONCE = 64;

export interface PusherParts {
  router: Router;
  groups: Groups;
  domain: string;
  reader: StanzaReader;
  /** Is told of each copy. */
  counted: (outcome: PushOutcome) => void;
}

/** A stanza to one addressee, whatever it says itself about sender and addressee. */
export interface AddressedStanza {
  from: Jid;
  to: Jid;
  stanza: Element;
  seed: string | undefined;
}

interface Prepared {
  composed: Composed;
  targets: Target[];
  outcomes: PushOutcome[];
  /** With an addressee it names a copy among all that are ever sent. */
  once: string | undefined;
}

/**
 * Turns what a request asks for into stanzas, routes them, and tells what became of each copy. A request that comes
 * again with its `seed` brings the same ids, so that whoever had a copy can know it.
 */
export class Pusher {
  constructor(private readonly parts: PusherParts) {}

  /** @throws InvalidInput, AppError: then nothing was sent */
  async push(client: Client, push: Push, seed?: string): Promise<PushAnswer> {
    const prepared = this.#prepare(client, push, '', seed);
    client.takeTargets(prepared.targets.length);
    await this.#send([prepared]);
    return answerOf(prepared);
  }

  /** All or nothing as far as the request itself goes: one fault in it, and nothing was sent. */
  async pushAll(client: Client, pushes: readonly Push[], seed?: string): Promise<PushAnswer[]> {
    const all = pushes.map((push, index) => {
      const once = seed === undefined ? undefined : `${seed}-${index.toString(36)}`;
      return this.#prepare(client, push, `pushes[${index}].`, once);
    });
    client.takeTargets(all.reduce((sum, { targets }) => sum + targets.length, 0));
    await this.#send(all);
    return all.map(answerOf);
  }

  /** @throws AppError */
  async pushStanza(client: Client, { from, to, stanza, seed }: AddressedStanza): Promise<PushAnswer> {
    const composed = composeStanza(stanza, from, client, seed);
    const targets = [addressed(to.toString(), to, client, this.parts)];
    const prepared: Prepared = { composed, targets, outcomes: [], once: seed };
    client.takeTargets(1);
    await this.#send([prepared]);
    return answerOf(prepared);
  }

  #prepare(client: Client, push: Push, field: string, once: string | undefined): Prepared {
    const id = push.id ?? once;
    const composed = compose(id === undefined ? push : { ...push, id }, client, this.parts, field);
    const targets = targetsOf(push, composed.to, client, this.parts, field);
    if (targets.length === 0) throw new InvalidInput([{ field: `${field}groups`, problem: 'have no members' }]);
    return { composed, targets, outcomes: [], once };
  }

  /**
   * Copies for one account leave in the order of the request; for the rest, many wait together for the store. Long lists
   * let others have a turn.
   */
  async #send(all: readonly Prepared[]): Promise<void> {
    let waiting = new Map<string, Promise<void>>();
    let routed = 0;
    for (const { composed: first, targets, outcomes, once } of all) {
      const composed = targets.length > 1 ? written(first) : first;
      for (const [index, target] of targets.entries()) {
        if (routed > 0 && routed % AT_ONCE === 0) await nextTurn();
        if (waiting.size >= AT_ONCE || (target.jid && waiting.has(target.jid.bare))) {
          await Promise.all(waiting.values());
          waiting = new Map();
        }
        routed++;
        const outcome = this.#route(composed, target, once);
        if (typeof outcome === 'string') this.#settle(outcomes, index, outcome);
        else
          waiting.set(
            target.jid?.bare ?? target.to,
            outcome.then((later) => this.#settle(outcomes, index, later)),
          );
      }
    }
    await Promise.all(waiting.values());
  }

  #route({ from, stanza, id }: Composed, target: Target, once?: string): Outcome | Promise<Outcome> {
    if (!target.jid) return target.outcome;
    const name = stanza.name === 'iq' || stanza.name === 'presence' ? stanza.name : 'message';
    const type = stanza.attribute('type');
    const addressed = stanza.withAttribute('to', target.jid.toString());
    const routed: Routed = { name, from, to: target.jid, id, stanza: addressed, ...(type && { type }) };
    if (once !== undefined) routed.once = `${once} ${encodeURIComponent(target.jid.toString())}`;
    return this.parts.router.route(routed);
  }

  #settle(outcomes: PushOutcome[], index: number, outcome: PushOutcome): void {
    outcomes[index] = outcome;
    this.parts.counted(outcome);
  }
}

/** With its text, in which only the addressee changes from copy to copy. */
function written(composed: Composed): Composed {
  const { name, namespace, attributes, children } = composed.stanza;
  const text = serialise(composed.stanza, CLIENT_NS);
  return { ...composed, stanza: new Element(name, namespace, attributes, children, text) };
}

function answerOf({ composed: { id }, targets, outcomes }: Prepared): PushAnswer {
  const answer: PushAnswer = { id, delivered: 0, stored: 0, unknown: 0, refused: 0, results: [] };
  for (const [index, target] of targets.entries()) {
    const outcome = outcomes[index] ?? 'refused';
    answer[outcome]++;
    answer.results.push({ to: target.to, outcome, ...(target.jid ? {} : { reason: target.reason }) });
  }
  return answer;
}
