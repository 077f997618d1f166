import { CliError } from '../core/exit-codes';
import { isWell, type Part, type Stack } from '../stack/stack';
import { type Check, defineMessages, fault, type Finding, warning } from './finding';

const messages = defineMessages('services', 'Every part of the stack runs and says that it is ready.', {
  'stack-unknown': fault('The state of the stack cannot be told: {reason}', 'Start Docker, and run muster as root.'),
  'stack-absent': fault(
    'Nothing of the stack runs.',
    'Start it: "muster setup", or "muster compose up -d" in {folder}.',
  ),
  'service-down': fault(
    'The service {name} is down: {reason}.',
    'See why with "muster logs {name}"; start it with "muster compose up -d {name}".',
  ),
  'service-restarting': fault(
    'The service {name} ends again and again: {restarts} restarts, {reason}.',
    'The last lines of "muster logs {name}" say why; a faulty variable is named there.',
  ),
  'service-not-ready': fault(
    'The service {name} runs and is not ready: {reason}.',
    'Mend what it waits for first; "muster logs {name}" says more.',
  ),
  'service-without': warning(
    'The service {name} works without {details}.',
    'See "muster logs {name}" for what it misses.',
  ),
});

/** What `/-/health/ready` answers. */
interface Readiness {
  ready: boolean;
  checks: Record<string, boolean>;
  details?: Record<string, boolean>;
}

export const serviceCheck = (stack: Stack, folder: string): Check => ({
  name: 'services',
  run: async () => {
    let parts: Part[];
    try {
      parts = await stack.parts();
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      return [messages.say('stack-unknown', { reason: error.message })];
    }
    if (parts.every(({ state }) => state === 'stopped')) return [messages.say('stack-absent', { folder })];
    return (await Promise.all(parts.map((part) => inspect(part, stack)))).flat();
  },
});

async function inspect(part: Part, stack: Stack): Promise<Finding[]> {
  const { name, state, restarts } = part;
  const reason = part.reason ?? 'it does not say why';
  if (state === 'stopped') return [messages.say('service-down', { name, reason })];
  if (state === 'restarting') return [messages.say('service-restarting', { name, restarts, reason })];
  const readiness = await readinessOf(name, stack);
  if (!isWell(part) || state === 'starting' || readiness?.ready === false) {
    return [messages.say('service-not-ready', { name, reason: missing(readiness) ?? part.reason ?? 'it starts' })];
  }
  const details = Object.entries(readiness?.details ?? {}).filter(([, works]) => !works);
  if (details.length > 0)
    return [messages.say('service-without', { name, details: details.map(([detail]) => detail).join(', ') })];
  return [messages.ok(`${name} ${state === 'done' ? 'is done' : 'runs and is ready'}.`)];
}

function missing(readiness: Readiness | undefined): string | undefined {
  if (!readiness || readiness.ready) return undefined;
  const lacking = Object.entries(readiness.checks).filter(([, passed]) => !passed);
  return `it waits for ${lacking.map(([check]) => check).join(', ')}`;
}

/** Only Muster's own services have one. */
async function readinessOf(part: string, stack: Stack): Promise<Readiness | undefined> {
  try {
    const { body } = await stack.fetch(part, '/-/health/ready');
    const read = JSON.parse(body) as Partial<Readiness>;
    return typeof read.ready === 'boolean' && read.checks ? (read as Readiness) : undefined;
  } catch {
    return undefined;
  }
}
