import { beforeEach, expect, it } from 'vitest';
import { EnrolledDevices } from './enrolled-devices';

const ENROLLED = '01900000-0000-7000-8000-00000000000a';
const REVOKED = '01900000-0000-7000-8000-00000000000b';
const STRAY = '01900000-0000-7000-8000-00000000000c';

let now: number;
let asked: string[];
let answers: (id: string) => Promise<{ organisationId: string } | undefined>;
let devices: EnrolledDevices;
beforeEach(() => {
  now = 0;
  asked = [];
  answers = async (id) => (id === STRAY ? undefined : { organisationId: 'home' });
  const organisationOf = (id: string): ReturnType<typeof answers> => {
    asked.push(id);
    return answers(id);
  };
  const isRevoked = (kind: string, id: string): boolean => kind === 'device' && id === REVOKED;
  const limits = { patienceSeconds: 0.05, pauseSeconds: 10 };
  devices = new EnrolledDevices({ organisationOf }, { isRevoked }, limits, () => now);
});

it('are those that the directory knows and that are not revoked', async () => {
  expect(await Promise.all([ENROLLED, REVOKED, STRAY].map((id) => devices.has(id)))).toEqual([true, false, false]);
  expect(asked).toEqual([ENROLLED, STRAY]);
});

it.each<[string, typeof answers]>([
  ['is away', () => Promise.reject(new Error('away'))],
  ['does not answer', () => new Promise(() => undefined)],
])('are all that are not revoked while the directory %s, which is asked again later', async (_, silence) => {
  const later = answers;
  answers = silence;
  expect(await devices.has(STRAY)).toBe(true);
  answers = later;
  now = 9999;
  expect([await devices.has(STRAY), await devices.has(REVOKED)]).toEqual([true, false]);
  expect(asked).toEqual([STRAY]);
  now = 10_000;
  expect(await devices.has(STRAY)).toBe(false);
});
