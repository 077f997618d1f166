import type { ProtectionState } from '@muster/contracts';
import { source } from '../../source';

/** fdesetup(8) `status`: a sentence that begins with `FileVault is On.` or `Off.`, and one more while it converts. */
export const macEncryption = source({
  section: 'encryption',
  source: 'fdesetup',
  platforms: ['macos'],
  async collect({ commands }) {
    // Exit code 1: off.
    const told = await commands.run('fdesetup', ['status'], { codes: [0, 1] });
    const state = stateOf(told);
    const item = {
      volume: '/',
      state,
      method: state === 'on' || state === 'partly' ? 'FileVault' : undefined,
      system: true,
    };
    return { items: [item], unreadable: [] };
  },
});

function stateOf(told: string): ProtectionState {
  if (/(en|de)cryption in progress/i.test(told)) return 'partly';
  if (/^FileVault is On/m.test(told)) return 'on';
  return /^FileVault is Off/m.test(told) ? 'off' : 'unknown';
}
