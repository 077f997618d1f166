import { type Check, defineMessages, fault, type Finding, warning } from './finding';
import { composeCommand, dockerCommand, Commands } from '../site/commands';

const messages = defineMessages('docker', 'Docker and its compose command are there and new enough.', {
  'docker-missing': fault('Docker is not installed.', 'Install Docker 20.10 or later and start it.'),
  'docker-stopped': fault(
    'Docker does not answer: {reason}',
    'Start it ("systemctl start docker"), and run muster as root or as a member of the group "docker".',
  ),
  'docker-old': fault('Docker {has} is older than {needs}.', 'Upgrade Docker to {needs} or later.'),
  'compose-missing': fault(
    'Neither "docker compose" nor "docker-compose" is there.',
    'Install the compose plug-in of Docker (2.24 or later), or docker-compose 1.29.',
  ),
  'compose-old': fault('Compose {has} is older than {needs}.', 'Upgrade it to {needs} or later.'),
  'compose-classic': warning(
    'docker-compose {has} is used; it works and is no longer maintained.',
    'Install the compose plug-in of Docker when you can.',
  ),
});

const LEAST_DOCKER = '20.10';
const LEAST_CLASSIC = '1.29';

export const dockerCheck = (commands: Commands = new Commands()): Check => ({
  name: 'docker',
  run: async () => (await Promise.all([engine(commands), compose(commands)])).flat(),
});

async function engine(commands: Commands): Promise<Finding[]> {
  const reply = await commands.try(dockerCommand(['version', '--format', '{{.Server.Version}}']));
  if (reply.missing) return [messages.say('docker-missing', {})];
  if (reply.code !== 0) return [messages.say('docker-stopped', { reason: lastLine(reply.errors) })];
  const has = reply.output.trim();
  if (isOlder(has, LEAST_DOCKER)) return [messages.say('docker-old', { has, needs: LEAST_DOCKER })];
  return [messages.ok(`Docker ${has} runs.`)];
}

async function compose(commands: Commands): Promise<Finding[]> {
  const command = await composeCommand(commands);
  if (!command) return [messages.say('compose-missing', {})];
  const has = command.version;
  const classic = command.file === 'docker-compose' && has.startsWith('1.');
  if (classic && isOlder(has, LEAST_CLASSIC)) return [messages.say('compose-old', { has, needs: LEAST_CLASSIC })];
  return [classic ? messages.say('compose-classic', { has }) : messages.ok(`Compose ${has} is there.`)];
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? 'no reason given';

/** Compares versions number by number, as far as the second goes. */
export function isOlder(version: string, than: string): boolean {
  const numbers = (text: string): number[] => text.split(/[.+~-]/).map((part) => Number.parseInt(part, 10) || 0);
  const has = numbers(version);
  for (const [index, least] of numbers(than).entries()) {
    if ((has[index] ?? 0) !== least) return (has[index] ?? 0) < least;
  }
  return false;
}
