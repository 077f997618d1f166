import type { OperationState } from '@muster/contracts';
import { ENDED_STATES } from '@muster/contracts';
import type { Mark, Tone } from '../ui/status';

export const STATE_LOOKS: Readonly<Record<OperationState, { tone: Tone; mark: Mark }>> = {
  PENDING: { tone: 'idle', mark: 'ring' },
  NOTIFIED: { tone: 'busy', mark: 'ring' },
  IN_PROGRESS: { tone: 'busy', mark: 'half' },
  COMPLETED: { tone: 'good', mark: 'full' },
  ERROR: { tone: 'bad', mark: 'full' },
  NOT_NOW: { tone: 'warn', mark: 'ring' },
  CANCELLED: { tone: 'idle', mark: 'dash' },
  EXPIRED: { tone: 'warn', mark: 'dash' },
};

export const hasEnded = (state: OperationState): boolean => ENDED_STATES.includes(state);
