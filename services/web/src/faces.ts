import type { Face } from '@muster/contracts';
import type { WebRole } from './config';

/** Faces that a process of this role shows. */
export const facesOf = (role: WebRole): Face[] => (role === 'all' ? ['manager', 'worker'] : [role]);
