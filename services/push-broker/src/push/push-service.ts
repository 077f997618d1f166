import type { AppError, PushOutcome } from '@muster/contracts';
import type { Router } from '../core/router';
import type { Revocations } from '../features/sasl-external';
import { Clients } from './clients/clients';
import { Identification } from './clients/identification';
import { ejabberdCalls } from './ejabberd/ejabberd-calls';
import { ejabberdErrors } from './ejabberd/ejabberd-errors';
import { Groups } from './groups';
import { answering } from './http/calls';
import { pushCalls } from './http/push-calls';
import { PushServer } from './http/push-server';
import { ok, suiteErrors } from './http/reply';
import { Idempotency } from './idempotency';
import type { AnswerStore } from './idempotency-store';
import { Pusher } from './messages/pusher';
import { StanzaReader } from './messages/stanza-text';
import { pushOpenApi } from './push-openapi';
import type { PushOptions } from './push-options';

/** What the push service needs of the broker, and whom it tells what it does. */
export interface PushSurroundings {
  domain: string;
  router: Router;
  revocations: Revocations;
  counted: (outcome: PushOutcome) => void;
  answered: (path: string, status: number, seconds: number) => void;
  failed: (error: AppError, correlationId: string) => void;
  /** Where answers for repeated requests survive a restart; nowhere when absent. */
  answers?: AnswerStore;
}

/** The push service for integrators: HTTPS in front, the broker's router behind. */
export class PushService {
  readonly server: PushServer;
  readonly #clients: Clients;
  readonly #groups: Groups;
  readonly #idempotency: Idempotency;

  /** @throws when certificates, keys or groups cannot be used */
  constructor(options: PushOptions, around: PushSurroundings) {
    const { domain, revocations } = around;
    this.#clients = new Clients(options.keysFile, domain, options.client);
    this.#groups = new Groups(domain, options.groupsFile);
    this.#idempotency = new Idempotency(options.idempotency, Date.now, around.answers);
    const reader = new StanzaReader(options.stanzaBytes);
    const pusher = new Pusher({ ...around, groups: this.#groups, reader });
    const answer = answering({
      calls: [...pushCalls(pusher, options.messages), ...ejabberdCalls(pusher, reader)],
      documents: { '/openapi.json': ok(pushOpenApi()) },
      identification: new Identification(this.#clients, domain, revocations, options.failuresPerMinute),
      idempotency: this.#idempotency,
      strange: (path) => (path.startsWith('/api/') ? ejabberdErrors : suiteErrors),
      answered: around.answered,
      failed: around.failed,
    });
    this.server = new PushServer(options, answer);
  }

  /**
   * Looks whether certificates, keys or groups have changed, and uses what is new.
   * @returns what was taken over
   * @throws AggregateError with what cannot be used; there the former content stays in use
   */
  reload(): string[] {
    this.#idempotency.sweep();
    const faults: unknown[] = [];
    const parts = { certificates: this.server, keys: this.#clients, groups: this.#groups };
    const changed = Object.entries(parts).filter(([, part]) => {
      try {
        return part.reload();
      } catch (error) {
        faults.push(error);
        return false;
      }
    });
    if (faults.length > 0) throw new AggregateError(faults, faults.map(String).join('; '));
    return changed.map(([name]) => name);
  }
}
