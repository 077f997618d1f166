import { setTimeout as pause } from 'node:timers/promises';
import type { Stack } from '../stack/stack';
import { type Check, defineMessages, fault, type Finding, warning } from './finding';
import { read } from './link';

const messages = defineMessages('queues', 'Consumers keep up, and no event was given up.', {
  'consumer-behind': fault(
    '{consumer} is {waiting} messages behind and does not catch up.',
    'See whether its service is well and what "muster logs" says of it; run more of it if it works at its limit.',
  ),
  'consumer-catching-up': warning(
    '{consumer} is {waiting} messages behind and catches up.',
    'Nothing, unless it stays so.',
  ),
  'dead-letters': warning(
    '{count} events could not be handled and wait as dead letters, the first since {since}.',
    'An owner sees them with GET /api/dead-letters; mend the reason and replay them, or discard them.',
  ),
});

interface StreamDetail {
  name: string;
  state: { messages: number; first_ts: string };
  consumer_detail?: { name: string; num_pending: number; num_ack_pending: number }[];
}
interface JetStreamDetails {
  account_details?: { stream_detail?: StreamDetail[] }[];
}

export interface QueueLimits {
  /** Fewer waiting messages than this are no lag. */
  waiting: number;
  /** Time between the two looks that tell whether a consumer catches up. */
  betweenMs: number;
}

/** Asks the hub's monitoring twice, since what waits at one moment says nothing. */
export const queueCheck = (
  stack: Stack,
  part: string,
  limits: QueueLimits = { waiting: 1_000, betweenMs: 3_000 },
): Check => ({
  name: 'queues',
  run: async () => {
    const first = await streams(stack, part).catch(() => undefined);
    if (!first) return []; // another check says that NATS does not answer
    const lagging = waitingOf(first).filter(({ waiting }) => waiting >= limits.waiting);
    if (lagging.length > 0) await pause(limits.betweenMs);
    const later = lagging.length > 0 ? waitingOf(await streams(stack, part)) : [];
    const behind = lagging.map(({ consumer, waiting }): Finding => {
      const now = later.find((one) => one.consumer === consumer)?.waiting ?? 0;
      const code = now >= waiting ? 'consumer-behind' : 'consumer-catching-up';
      return messages.say(code, { consumer, waiting: now });
    });
    return [...(behind.length > 0 ? behind : [messages.ok('All consumers keep up.')]), deadLetters(first)];
  },
});

async function streams(stack: Stack, part: string): Promise<StreamDetail[]> {
  const query = '/jsz?accounts=true&streams=true&consumers=true';
  const { account_details } = await read<JetStreamDetails>(stack, part, query);
  return (account_details ?? []).flatMap(({ stream_detail }) => stream_detail ?? []);
}

const waitingOf = (details: readonly StreamDetail[]): { consumer: string; waiting: number }[] =>
  details.flatMap(({ consumer_detail }) =>
    (consumer_detail ?? []).map(({ name, num_pending }) => ({
      consumer: name.replace('--', ' for '),
      waiting: num_pending,
    })),
  );

function deadLetters(details: readonly StreamDetail[]): Finding {
  const state = details.find(({ name }) => name === 'DEAD_LETTERS')?.state;
  if (!state || state.messages === 0) return messages.ok('There are no dead letters.');
  return messages.say('dead-letters', { count: state.messages, since: state.first_ts.slice(0, 19).replace('T', ' ') });
}
