import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parse } from 'yaml';
import { Commands, composeCommand, dockerCommand } from '../site/commands';
import { type Check, defineMessages, fault, type Finding } from './finding';

const messages = defineMessages(
  'configuration',
  'What runs would start again with the .env file as it is now; asked by setup before it changes a running stack.',
  {
    'stack-unreadable': fault(
      'Compose cannot read the stack: {reason}',
      'Correct what it names, in the .env file or in docker-compose.yml.',
    ),
    'configuration-faulty': fault(
      'The service {service} would not start: {faults}.',
      'Correct these variables in the .env file; what runs goes on as it is until then.',
    ),
  },
);

/** EX_CONFIG: the exit code of a service whose configuration has faults, all of which it names. */
export const FAULTY = 78;
/** For one service to start and read. */
const PATIENCE_MS = 45_000;
/** As many at once as two processors bear. */
const AT_ONCE = 3;
/** What a service does no more than read its configuration with. */
const FLAG = '--check-configuration';

/** Starts each service once, beside what runs, to read its configuration and end. */
export const configurationCheck = (folder: string, commands = new Commands()): Check => ({
  name: 'configuration',
  run: async () => {
    const compose = await composeCommand(commands);
    if (!compose) return []; // another check says so
    const call = (...words: string[]) =>
      commands.try({ file: compose.file, args: [...compose.args, ...words], cwd: folder }, { timeoutMs: 0 });
    const read = await call('config', '--quiet');
    if (read.code !== 0) return [messages.say('stack-unreadable', { reason: lastLine(read.errors) })];
    const left = servicesOf(join(folder, 'docker-compose.yml'));
    const faults: Finding[] = [];
    const worker = async (): Promise<void> => {
      for (let service = left.shift(); service !== undefined; service = left.shift()) {
        const name = `muster-check-${service}-${process.pid}`;
        // An image that does not know the word goes on for good: without its container compose comes to its end. The others
        // are of the same release, and each would take as long.
        const late = setTimeout(() => {
          left.length = 0;
          void commands.try(dockerCommand(['rm', '--force', name]));
        }, PATIENCE_MS);
        const reply = await call('run', '--rm', '--no-deps', '-T', '--name', name, service, FLAG);
        clearTimeout(late);
        if (reply.code !== FAULTY) continue;
        faults.push(messages.say('configuration-faulty', { service, faults: faultsIn(reply.output + reply.errors) }));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return faults.length > 0 ? faults : [messages.ok('Every service takes the configuration as it is now.')];
  },
});

/** Muster's own services, by what only they are told. */
function servicesOf(file: string): string[] {
  if (!existsSync(file)) return [];
  const { services = {} } = parse(readFileSync(file, 'utf8'), { merge: true }) as {
    services?: Record<string, { environment?: object }>;
  };
  return Object.keys(services).filter((name) => 'SERVICE_PORT' in (services[name]?.environment ?? {}));
}

/** `  NAME: what is wrong` in each line after the first. */
export function faultsIn(words: string): string {
  const found = [...words.matchAll(/^ {2}(\w+): (.+?)\.?$/gm)].map(([, name, problem]) => `${name} ${problem}`);
  // A log has them again for each time that the service was started.
  return found.length > 0 ? [...new Set(found)].join('; ') : lastLine(words);
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.replace(/\.$/, '') || 'it does not say why';
