import { createInbox, type Msg, nanos } from '@nats-io/transport-node';
import type { Link } from '../connection';
import { PulledMessage } from './pulled-message';

export interface PullRequest {
  /** `<stream>.<consumer>` */
  path: string;
  batch: number;
  /** Bytes after which no more messages are sent, though more may be there. */
  maxBytes?: number;
  /** Milliseconds until the server ends the request. */
  expires: number;
  inboxPrefix: string;
}

/** The server ended a pull for another reason than that there is nothing: the consumer may be gone. */
export class PullRefused extends Error {
  constructor(
    readonly status: number,
    description: string,
  ) {
    super(`${status} ${description}`);
  }
}

/** Beyond the server's own limit: it did not say that the request ended. */
const GRACE_MS = 2000;
const NOTHING = new Set([404, 408]);

/**
 * One pull of a JetStream consumer (ADR-13): fulfilled with up to `batch` messages as soon as that many came, the time
 * is over, the link is lost or `stop` aborts. The library's own `fetch` waits for a full batch, and its `consume` prefetches
 * messages whose acknowledgement time then runs while others are being handled.
 */
export function pull(link: Link, request: PullRequest, stop: AbortSignal): Promise<PulledMessage[]> {
  const { nats, lost } = link;
  const inbox = createInbox(request.inboxPrefix);
  const messages: PulledMessage[] = [];
  return new Promise((resolve, reject) => {
    let open = true;
    const end = (error?: unknown): void => {
      if (!open) return;
      open = false;
      clearTimeout(timer);
      lost.removeEventListener('abort', giveUp);
      stop.removeEventListener('abort', drain);
      if (!nats.isClosed()) subscription.unsubscribe();
      if (error !== undefined && messages.length === 0) reject(error);
      else resolve(messages);
    };
    const giveUp = (): void => end();
    // What the server has sent already still arrives, and must not wait for its time to run out.
    const drain = (): void => void settled(() => subscription.drain()).then(giveUp);
    const timer = setTimeout(giveUp, request.expires + GRACE_MS);
    const subscription = nats.subscribe(inbox, {
      callback: (error, message) => {
        if (error) return end(error);
        const status = statusOf(message);
        if (status === undefined) {
          const pulled = PulledMessage.from(message);
          if (pulled) messages.push(pulled);
          if (messages.length === request.batch) end();
        } else if (NOTHING.has(status)) end();
        else if (status !== 100) end(new PullRefused(status, message.headers?.description ?? ''));
      },
    });
    lost.addEventListener('abort', giveUp, { once: true });
    stop.addEventListener('abort', drain, { once: true });
    if (lost.aborted || stop.aborted) return end();
    const limit = request.maxBytes === undefined ? {} : { max_bytes: request.maxBytes };
    const body = { batch: request.batch, expires: nanos(request.expires), ...limit };
    nats.publish(`$JS.API.CONSUMER.MSG.NEXT.${request.path}`, JSON.stringify(body), { reply: inbox });
  });
}

/** Status messages of the server carry no subject of ours and no body: only a code in the headers. */
const statusOf = (message: Msg): number | undefined =>
  message.data.length === 0 && message.headers && message.headers.code > 0 ? message.headers.code : undefined;

/** Waits for the work, whether or not it succeeds, also when it fails before it returns a promise. */
async function settled(work: () => Promise<unknown>): Promise<void> {
  await Promise.allSettled([(async () => work())()]);
}
