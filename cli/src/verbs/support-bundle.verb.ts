import { resolve } from 'node:path';
import { runChecks } from '../checks/run-checks';
import { defineVerb } from '../core/verb';
import { doctorChecks } from '../doctor/doctor-checks';
import { Commands } from '../site/commands';
import { writeBundle } from '../support/bundle';
import { wholeNumber } from './numbers';
import { SITE_OPTIONS, siteOf } from './site-options';

defineVerb({
  name: 'support-bundle',
  summary: 'Put findings, state, configuration and logs into one file, without secrets.',
  arguments: ['[FILE]'],
  options: {
    ...SITE_OPTIONS,
    lines: { type: 'text', value: 'NUMBER', about: 'Lines of each log; 2000 when left out.' },
  },
  remarks: [
    'Passwords, keys and tokens are taken out. Names and addresses of devices and people may be in it: read it first.',
  ],
  async run({ options, positionals: [given], terminal, environment }) {
    const site = siteOf(options);
    const day = new Date().toISOString().slice(0, 16).replaceAll(/[-:]/g, '').replace('T', '-');
    const file = resolve(given ?? `muster-support-${day}.tar.gz`);
    terminal.progress('Asking the doctor …');
    const findings = await runChecks(await doctorChecks(site, { backupDays: 2 }));
    terminal.progress('Collecting …');
    const lines = wholeNumber('lines', options.lines, 2_000);
    const version = environment['MUSTER_VERSION'] ?? 'unknown';
    const contents = await writeBundle(site, { file, lines, findings, version, commands: new Commands() });
    return {
      data: { file, contents },
      text: `Written: ${file} (${contents.length} files). Read it before you send it.`,
    };
  },
});
