import { AppError, parse, Push, PushBatch } from '@muster/contracts';
import type { Pusher } from '../messages/pusher';
import type { Call } from './calls';
import { ok, suiteErrors } from './reply';

/** `POST /push` and `POST /push/batch`. A typo in a body is an error. */
export const pushCalls = (pusher: Pusher, messages: number): Call[] => [
  {
    path: '/push',
    errors: suiteErrors,
    handle: async (client, body, seed) => ok(await pusher.push(client, parse(Push, body, { unknown: 'refuse' }), seed)),
  },
  {
    path: '/push/batch',
    errors: suiteErrors,
    handle: async (client, body, seed) => {
      const { pushes } = parse(PushBatch, body, { unknown: 'refuse' });
      if (pushes.length > messages) throw new AppError('invalid-input', `A batch may have ${messages} messages.`);
      return ok({ answers: await pusher.pushAll(client, pushes, seed) });
    },
  },
];
