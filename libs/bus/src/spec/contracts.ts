import { defineEvent, defineRequest, List, Text, text, Whole } from '@muster/contracts';

/** Contracts of the tests: they get their permissions in the same way as those of the suite. */
export class Counted {
  @Whole({ min: 0, max: 1_000_000 }) number: number;
  @Text({ max: 100, optional: true }) note?: string;
}
const between = { publishers: ['web'], consumers: ['key-manager', 'bip'], payload: Counted } as const;
export const numberCounted = defineEvent<Counted>({ ...between, subject: 'number.counted.v1', delivery: 'durable' });
export const numberShown = defineEvent<Counted>({ ...between, subject: 'number.shown.v1', delivery: 'ephemeral' });
export const numberSeen = defineEvent<Counted>({
  subject: 'number.seen.v1',
  delivery: 'captured',
  payload: Counted,
  publishers: ['push-broker'],
  consumers: ['web'],
});

export class NumbersReported {
  @List(text({ max: 10 }), { max: 10 }) numbers: string[];
  @Text({ max: 20_000 }) pad: string;
}
export const numberReported = defineEvent({
  subject: 'number.reported.v1',
  delivery: 'reported',
  payload: NumbersReported,
  publishers: ['rmm-logs'],
  consumers: ['rmm-logs'],
});

export class Sum {
  @List(text({ max: 10 }), { max: 10 }) terms: string[];
}
export class Total {
  @Whole({ min: -1000, max: 1000 }) total: number;
}
export const addNumbers = defineRequest({
  subject: 'numbers.add.v1',
  server: 'key-manager',
  callers: ['web', 'push-broker'],
  request: Sum,
  reply: Total,
  timeoutMs: 2000,
});
export const doubleNumber = defineRequest({
  subject: 'number.double.v1',
  server: 'push-broker',
  callers: ['web'],
  request: Counted,
  reply: Counted,
  timeoutMs: 2000,
});
