import { type Found, source } from '../../source';

const WANTED = ['RecordName', 'UniqueID', 'RealName', 'NFSHomeDirectory', 'UserShell', 'GeneratedUID'];

/** Open Directory's local node by dscl(1). Accounts that begin with `_` are those of services and are left out. */
export const macUsers = source({
  section: 'users',
  source: 'dscl',
  platforms: ['macos'],
  async collect({ commands }) {
    const text = await commands.run('dscl', ['.', '-readall', '/Users', ...WANTED]);
    const admin = await commands.run('dscl', ['.', '-read', '/Groups/admin', 'GroupMembership']);
    const administrators = new Set(
      admin
        .replace(/^GroupMembership:/, '')
        .trim()
        .split(/\s+/),
    );
    const items = text.split(/^-$/m).flatMap((record): Array<Found<'users'>> => {
      const read = (name: string): string | undefined =>
        // Values with blanks are on a line of their own.
        new RegExp(`^(?:dsAttrTypeStandard:)?${name}:[ \\t]*(?:\\n )?(.*)$`, 'm').exec(record)?.[1]?.trim() ||
        undefined;
      const [name] = (read('RecordName') ?? '').split(/\s/);
      if (!name || name.startsWith('_')) return [];
      return [
        {
          name,
          id: read('UniqueID'),
          fullName: read('RealName'),
          home: read('NFSHomeDirectory'),
          shell: read('UserShell'),
          administrator: administrators.has(name),
        },
      ];
    });
    return { items, unreadable: [{ what: 'disabled accounts', why: 'not read on macOS' }] };
  },
});
