import { existsSync, readFileSync } from 'node:fs';
import { DatabaseFacts } from '../checks/database';
import { exitCodeOf, inWords, runChecks, summary } from '../checks/run-checks';
import { CliError, EXIT } from '../core/exit-codes';
import { defineVerb } from '../core/verb';
import { diagnose } from '../doctor/device-check';
import { findDevices } from '../doctor/device-facts';
import { doctorChecks } from '../doctor/doctor-checks';
import { turnServerChecks, turnServerFolder } from '../doctor/turn-server';
import { wholeNumber } from './numbers';
import { SITE_OPTIONS, siteOf } from './site-options';

defineVerb({
  name: 'doctor',
  summary: 'Say what is wrong, in words, and what to do.',
  options: {
    ...SITE_OPTIONS,
    faults: { type: 'flag', about: 'Leave out what is well.' },
    backups: { type: 'text', value: 'DIR', about: "Folder of backups; backups/ in the server's folder when left out." },
    'backup-days': {
      type: 'text',
      value: 'DAYS',
      about: 'Age at which the newest backup is too old; 2 when left out.',
    },
    'push-key-file': { type: 'text', value: 'FILE', about: 'A key of the push service, to see whether it is taken.' },
  },
  remarks: [
    'Run it on both servers, and on each with coturn alone. Exit code 0: all is well, or only warnings; 1: there are faults.',
  ],
  async run({ options, terminal }) {
    const turn = options.local === undefined ? turnServerFolder(options.dir) : undefined;
    const site = turn === undefined ? siteOf(options) : { kind: 'turn' as const, folder: turn };
    const checks =
      site.kind === 'turn'
        ? turnServerChecks(site.folder)
        : await doctorChecks(site, {
            ...(options.backups === undefined ? {} : { backups: options.backups }),
            backupDays: wholeNumber('backup-days', options['backup-days'], 2),
            ...(options['push-key-file'] === undefined ? {} : { pushKey: secretIn(options['push-key-file']) }),
          });
    terminal.progress(`Making ${checks.length} checks …`);
    const findings = await runChecks(checks);
    const words = inWords(findings, terminal, { all: !options.faults });
    return {
      data: { server: site.kind, folder: site.folder, findings },
      text: [words, summary(findings)].filter(Boolean).join('\n'),
      exitCode: exitCodeOf(findings),
    };
  },
});

defineVerb({
  name: 'doctor device',
  summary: 'Say why a device is offline.',
  arguments: ['NAME'],
  options: SITE_OPTIONS,
  remarks: ['NAME is its name, host name or id. Run it on the ITSM server.'],
  async run({ options, positionals: [name = ''], terminal }) {
    const site = siteOf(options);
    const url = await site.stack.databaseUrl();
    if (!url) {
      throw new CliError(EXIT.unavailable, 'There is no database here.', 'Run this on the ITSM server, while it runs.');
    }
    const devices = await findDevices(new DatabaseFacts(url), name).catch((error: unknown) => {
      if (error instanceof CliError) throw error;
      throw new CliError(
        EXIT.unavailable,
        `The database does not answer: ${(error as Error).message}`,
        'Run "muster doctor".',
      );
    });
    const found = devices.map((device) => ({ device, findings: diagnose(device) }));
    const findings = found.flatMap((one) => one.findings);
    return { data: found, text: inWords(findings, terminal), exitCode: exitCodeOf(findings) };
  },
});

function secretIn(file: string): string {
  if (!existsSync(file)) throw new CliError(EXIT.missing, `There is no file ${file}.`);
  return readFileSync(file, 'utf8').trim();
}
