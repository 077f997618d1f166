import type { EntityManager } from 'typeorm';
import { PasswordResetEntity } from './password-reset.entity';

/** Links that wait are of no use any more once the password was changed in another way. */
export async function forgetResets(manager: EntityManager, userId: string): Promise<void> {
  await manager.delete(PasswordResetEntity, { userId });
}
