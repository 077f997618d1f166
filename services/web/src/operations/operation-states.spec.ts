import { ENDED_STATES, OPERATION_STATES, type OperationState } from '@muster/contracts';
import { describe, expect, it } from 'vitest';
import { report } from '../testing/fleet';
import { mayBecome, stepOf, type Witness } from './operation-states';

const witnesses: Witness[] = ['device', 'server'];
const open = OPERATION_STATES.filter((state) => !ENDED_STATES.includes(state));
const after = (state: OperationState, endedBy: Witness | null, witness: Witness) =>
  OPERATION_STATES.filter((to) => mayBecome({ state, endedBy }, to, witness));

describe('the life of an operation', () => {
  it('goes forward only', () => {
    for (const witness of witnesses) {
      expect(after('PENDING', null, witness)).toEqual(OPERATION_STATES.filter((state) => state !== 'PENDING'));
      expect(after('NOTIFIED', null, witness).sort()).toEqual(['IN_PROGRESS', 'NOT_NOW', ...ENDED_STATES].sort());
      expect(after('NOT_NOW', null, witness).sort()).toEqual(['IN_PROGRESS', ...ENDED_STATES].sort());
      expect(after('IN_PROGRESS', null, witness).sort()).toEqual([...ENDED_STATES].sort());
    }
  });

  it('ends for good when the device says so', () => {
    for (const state of ENDED_STATES) {
      for (const witness of witnesses) expect(after(state, 'device', witness)).toEqual([]);
    }
  });

  it('lets the device correct what the server concluded, and nobody else', () => {
    for (const state of ENDED_STATES) {
      expect(after(state, 'server', 'server')).toEqual([]);
      expect(after(state, 'server', 'device').sort()).toEqual(['IN_PROGRESS', ...ENDED_STATES].sort());
    }
  });

  it('can end from everywhere', () => {
    for (const state of open) {
      for (const witness of witnesses)
        expect(after(state, null, witness)).toEqual(expect.arrayContaining([...ENDED_STATES]));
    }
  });
});

describe('what a report says', () => {
  const id = '01900000-0000-7000-8000-00000000abcd';
  it.each([
    [report(id, 'completed'), 'COMPLETED', 'It ran to its end.'],
    [report(id, 'completed', { exitCode: 0 }), 'COMPLETED', 'It ran to its end.'],
    [report(id, 'completed', { exitCode: 1 }), 'ERROR', 'It ended with exit code 1.'],
    [report(id, 'failed', { exitCode: 3, message: 'exit code 3' }), 'ERROR', 'It ended with exit code 3.'],
    [report(id, 'failed', { exitCode: 3, message: 'no disk' }), 'ERROR', 'It ended with exit code 3: no disk'],
    [report(id, 'completed', { signal: 'SIGKILL' }), 'ERROR', 'It was ended by signal SIGKILL.'],
    [report(id, 'failed', { message: 'time limit' }), 'ERROR', 'It failed: time limit'],
    [report(id, 'refused', { refusal: 'replayed' }), 'ERROR', 'The device refused it (replayed).'],
    [report(id, 'refused', { refusal: 'expired' }), 'EXPIRED', 'It reached the device after its time.'],
    [report(id, 'cancelled'), 'CANCELLED', 'Cancelled by ann@example.org.'],
  ])('%o', (given, state, reason) => {
    expect(stepOf(given, 'ann@example.org')).toEqual({ state, reason });
  });
});
