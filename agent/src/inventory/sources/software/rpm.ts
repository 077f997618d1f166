import { type Found, source } from '../../source';

/** Where the database is, by age of the distribution. Elsewhere `rpm` may be there as a tool only. */
const DATABASES = ['/usr/lib/sysimage/rpm', '/var/lib/rpm'].flatMap((folder) =>
  ['rpmdb.sqlite', 'Packages.db', 'Packages'].map((name) => `${folder}/${name}`),
);
const FIELDS = ['NAME', 'EPOCHNUM', 'VERSION', 'RELEASE', 'ARCH', 'VENDOR', 'LONGSIZE', 'INSTALLTIME'];
/** Kept side by side in several versions, so that the version is part of what they are. */
const SIDE_BY_SIDE = /^kernel(-|$)/;

export const rpm = source({
  section: 'software',
  source: 'rpm',
  keys: 'rpm|',
  platforms: ['linux'],
  async collect({ files, commands }) {
    const there = await Promise.all(DATABASES.map((path) => files.stat(path)));
    if (!there.some((stat) => stat?.isFile())) return { items: [], unreadable: [] };
    const format = `${FIELDS.map((name) => `%{${name}}`).join(String.raw`\t`)}\\n`;
    const text = await commands.run('rpm', ['-qa', '--queryformat', format], { timeoutMs: 120_000 });
    return { items: packages(text), unreadable: [] };
  },
});

function* packages(text: string): Generator<Found<'software'>> {
  for (const line of text.split('\n')) {
    // `(none)` is what rpm writes for what is not there.
    const [name, epoch, version, release, architecture, publisher, size, time] = line
      .split('\t')
      .map((field) => (field === '(none)' ? undefined : field));
    if (!name || !version || name === 'gpg-pubkey') continue;
    yield {
      source: 'rpm',
      name,
      version: `${epoch && epoch !== '0' ? `${epoch}:` : ''}${version}${release ? `-${release}` : ''}`,
      architecture,
      publisher,
      scope: SIDE_BY_SIDE.test(name) ? `${version}-${release}` : undefined,
      sizeBytes: Number(size),
      installedAt: Number(time) > 0 ? new Date(Number(time) * 1000).toISOString() : undefined,
    };
  }
}
