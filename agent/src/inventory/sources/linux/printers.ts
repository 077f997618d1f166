import { type Found, source } from '../../source';

/** Destinations beyond this are those of a print server, not of a device. */
const MOST = 200;

/** CUPS: its list of destinations, and each one's attributes. */
export const linuxPrinters = source({
  section: 'printers',
  source: 'cups',
  platforms: ['linux', 'macos'],
  async collect({ commands, files }) {
    if (!(await commands.has('lpstat'))) {
      // The scheduler without its clients: printers may be there.
      const why = 'the program lpstat is not there (package cups-client)';
      const there = await files.stat('/etc/cups/printers.conf');
      return { items: [], unreadable: there ? [{ what: 'printers', why }] : [] };
    }
    // Without its scheduler CUPS knows of no printers, which is not to say that there are none.
    if (!/^scheduler is running/m.test(await commands.run('lpstat', ['-r'], { codes: [0, 1] })))
      throw new Error('the scheduler of CUPS does not run');
    // Exit code 1: no destinations.
    const devices = await commands.run('lpstat', ['-v'], { codes: [0, 1] });
    const standard = /^system default destination: (.+)$/m.exec(
      await commands.run('lpstat', ['-d'], { codes: [0, 1] }),
    );
    const items: Array<Found<'printers'>> = [];
    const found = [...devices.matchAll(/^device for ([^:\s]+): (.*)$/gm)];
    for (const [, name = '', address = ''] of found.slice(0, MOST)) {
      const options = readOptions(await commands.run('lpoptions', ['-p', name], { codes: [0, 1] }));
      items.push({
        name,
        model: options.get('printer-make-and-model'),
        address: withoutPassword(address),
        isDefault: standard?.[1]?.trim() === name,
        shared: flag(options.get('printer-is-shared')),
      });
    }
    return { items, unreadable: found.length > MOST ? [{ what: 'printers', why: `more than ${MOST}` }] : [] };
  },
});

const flag = (text: string | undefined): boolean | undefined => (text === undefined ? undefined : text === 'true');

/** `name=value name='value with blanks' …` */
function readOptions(text: string): Map<string, string> {
  const pairs = text.matchAll(/([a-z][a-z0-9-]*)=(?:'((?:[^'\\]|\\.)*)'|(\S*))/gi);
  return new Map(
    [...pairs].map(([, name = '', quoted, bare]) => [name, quoted?.replaceAll(/\\(.)/g, '$1') ?? bare ?? '']),
  );
}

/** Addresses may carry the account that prints (smb://user:password@server). */
const withoutPassword = (address: string): string => address.replace(/^([a-z]+:\/\/)[^/@]*@/i, '$1');
