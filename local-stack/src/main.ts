import { mkdirSync, readFileSync, watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { agentPart } from './agent';
import { deviceAnchors, makeCertificates, writeAnchors } from './certificates';
import { edgePart } from './edge';
import { secretsAndCluster } from './first-start';
import { layout, type Layout } from './layout';
import { partBytes, residentBytes } from './memory';
import { natsParts } from './nats';
import { type Options, readOptions } from './options';
import { postgresPart } from './postgres';
import { preflight } from './preflight';
import { firstAdmin, prepare } from './preparation';
import { writeRunState } from './run-state';
import { serviceParts } from './services';
import { deviceCounts } from './status';
import { Supervisor } from './supervisor';

const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const usage = (): string => readFileSync(join(project, 'local-stack/usage.txt'), 'utf8').trimEnd();
const say = (line: string): void => console.log(line);

async function main(): Promise<void> {
  process.umask(0o022); // processes without rights must find what is theirs, whatever the user's habit
  const options = readOptions(process.argv.slice(2), project);
  if (options.help) {
    say(usage());
    return;
  }
  const place = layout(project, options);
  const faults = await preflight(place);
  if (faults.length > 0) {
    for (const fault of faults) console.error(fault);
    process.exit(1);
  }
  for (const folder of [place.logs, place.run, place.certificates]) mkdirSync(folder, { recursive: true });
  await run(place, options);
}

async function run(place: Layout, options: Options): Promise<void> {
  const startedAt = Number(process.env['MUSTER_STARTED_AT'] ?? Date.now());
  const metrics = `http://127.0.0.1:${place.ports.webManager}/-/metrics`;
  let ready = false;
  const save = (): void =>
    writeRunState(place, {
      ready,
      console: place.consoleOrigin,
      caFile: deviceAnchors(place),
      metrics,
      parts: supervisor.states(),
    });
  const supervisor = new Supervisor(place.logs, save, say);
  endOnSignal(supervisor);
  save();
  try {
    const { first, oneTimePassword } = await startAll(place, options, supervisor, metrics);
    if (supervisor.stopping) return;
    followRoots(place, supervisor);
    ready = true;
    save();
    say(
      `\n${verdict(place, supervisor)} after ${((Date.now() - startedAt) / 1000).toFixed(0)} s${first ? ' (first start)' : ''}, using ${memory(supervisor)} MB.`,
    );
    say(`  Console         ${place.consoleOrigin}`);
    say(`  CA certificate  ${deviceAnchors(place)}`);
    if (oneTimePassword) {
      say(`  First sign-in   ${firstAdmin}`);
      say(`  One-time password (until it is changed)  ${oneTimePassword}`);
    }
    say('Ctrl-C ends everything.');
  } catch (error) {
    if (supervisor.stopping) return; // what ends is not at fault
    console.error((error as Error).message);
    await supervisor.stop();
    process.exit(1);
  }
}

/** @returns also the one-time password, as long as it is good */
async function startAll(
  place: Layout,
  options: Options,
  supervisor: Supervisor,
  metrics: string,
): Promise<{ first: boolean; oneTimePassword?: string }> {
  makeCertificates(place);
  const { secrets, first } = secretsAndCluster(place);
  await supervisor.start([postgresPart(place)]);
  const { oneTimePassword } = await prepare(place, secrets);
  const parts = [...natsParts(place), edgePart(place, secrets.edge), ...serviceParts(place, secrets)];
  if (options.agent) {
    const countedOnline = async (): Promise<boolean> => (await deviceCounts(metrics)).online > 0;
    parts.push(agentPart(place, secrets.firstRegistrationKey, options.privilegedAgent, countedOnline));
  }
  await supervisor.start(parts);
  return { first, oneTimePassword: oneTimePassword ? secrets.firstAdminPassword : undefined };
}

function verdict(place: Layout, supervisor: Supervisor): string {
  const agent = supervisor.states().find(({ name }) => name === 'agent');
  if (!agent) return 'Muster is ready';
  if (agent.ready) return 'Muster is ready and this machine is green';
  return `Muster is ready, but this machine is not green (read ${join(place.logs, 'agent.log')}),`;
}

/** Of all parts and the supervisor, in megabytes. */
function memory(supervisor: Supervisor): string {
  const parts = supervisor.states().map(({ name, pid }) => (pid ? partBytes(name, pid) : 0));
  return ([residentBytes(process.pid), ...parts].reduce((sum, bytes) => sum + bytes, 0) / 1e6).toFixed(0);
}

/** A roll-over adds a root: the edge must accept both from then on. The broker watches the file by itself. */
function followRoots(place: Layout, supervisor: Supervisor): void {
  watch(join(place.certificateAuthority, 'roots'), () => {
    if (!writeAnchors(place)) return;
    const edge = supervisor.states().find(({ name }) => name === 'edge');
    if (edge?.pid) process.kill(edge.pid, 'SIGHUP');
    say('The authority has a new root; devices of both roots are accepted.');
  });
}

function endOnSignal(supervisor: Supervisor): void {
  let asked = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (asked) return;
      asked = true;
      say('Ending …');
      void supervisor.stop().then(() => {
        say('Everything has ended.');
        process.exit(0);
      });
    });
  }
}

main().catch((error: Error & { code?: string }) => {
  console.error(error.code?.startsWith('ERR_PARSE_ARGS') ? `${error.message}\n\n${usage()}` : error.message);
  process.exit(1);
});
