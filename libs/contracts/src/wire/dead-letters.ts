import { Instant, List, nested, OneOf, Text, Whole } from '../schema/fields';
import { ERROR_CODES } from './errors';
import { defineRoute, may } from './route';
import { SERVICES, type ServiceName } from './services';
import { deadLetterHandled } from '../devices/device-events';

/** The one service that may read, replay and discard what the others could not handle. */
export const DEAD_LETTER_KEEPER: ServiceName = 'web';

/** An event that a service could not handle: kept whole, with the reason, until a person decides. */
export class DeadLetter {
  @Text({ min: 1, max: 20, pattern: /^[1-9][0-9]*$/, about: 'Number on the dead letter stream.' }) id: string;
  @OneOf([...SERVICES], { about: 'The service that could not handle it; a replay goes to this one only.' })
  service: ServiceName;
  @Text({ min: 1, max: 256, about: 'The subject that it was published on.' }) subject: string;
  @OneOf(['invalid', 'failed', 'interrupted'], {
    about:
      'invalid: not what the contract says; failed: the handler refused it each time; interrupted: no handling ended.',
  })
  reason: 'invalid' | 'failed' | 'interrupted';
  @OneOf(ERROR_CODES) code: string;
  @Text({ max: 4096, about: 'What went wrong the last time.' }) problem: string;
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER, about: 'How often it was delivered; 0: too large to be published.' })
  deliveries: number;
  @Text({ max: 64, optional: true, about: 'Finds it in every log.' }) correlationId?: string;
  @Text({ max: 256, optional: true, about: 'What its publisher named it by.' }) messageId?: string;
  @Text({ max: 1_048_576, about: 'The body exactly as it was published.' }) payload: string;
  @Instant({ about: 'When it was published.' }) publishedAt: string;
  @Instant({ about: 'When it was given up.' }) at: string;
}

export class DeadLetterQuery {
  @Text({ max: 20, optional: true, pattern: /^[0-9]+$/, about: 'Letters after this id.' }) after?: string;
  @Whole({ min: 1, max: 200, optional: true, about: 'Letters on a page; 50 when absent.' }) size?: number;
}
export class DeadLetterPage {
  @List(nested(() => DeadLetter), { max: 200 }) deadLetters: DeadLetter[];
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER }) total: number;
}
export class DeadLetterById {
  @Text({ min: 1, max: 20, pattern: /^[1-9][0-9]*$/ }) id: string;
}

const own = { service: DEAD_LETTER_KEEPER, face: 'manager' } as const;

export const listDeadLetters = defineRoute({
  ...own,
  method: 'GET',
  path: '/api/dead-letters',
  access: may('dead-letters.read'),
  summary: 'List the events that no service could handle, oldest first',
  query: DeadLetterQuery,
  reply: DeadLetterPage,
  list: 'deadLetters',
});
export const replayDeadLetter = defineRoute({
  ...own,
  method: 'POST',
  path: '/api/dead-letters/:id/replay',
  access: may('dead-letters.replay'),
  summary: 'Hand an event to the service that could not handle it once more',
  params: DeadLetterById,
  causes: [deadLetterHandled],
});
export const discardDeadLetter = defineRoute({
  ...own,
  method: 'DELETE',
  path: '/api/dead-letters/:id',
  access: may('dead-letters.replay'),
  summary: 'Throw an event away that nobody will handle',
  params: DeadLetterById,
  causes: [deadLetterHandled],
});
