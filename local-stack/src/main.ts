import { existsSync, mkdirSync, watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { agentPart } from './agent';
import { deviceAnchors, makeCertificates, writeAnchors } from './certificates';
import { edgePart } from './edge';
import { BASE_DOMAIN, layout, type Layout } from './layout';
import { residentBytes } from './memory';
import { natsParts } from './nats';
import { type Options, readOptions, USAGE } from './options';
import { postgresPart } from './postgres';
import { preflight } from './preflight';
import { HUB_SERVICES, LEAF_SERVICES, prepare, SCHEMAS } from './preparation';
import { writeRunState } from './run-state';
import { readOrMakeSecrets } from './secrets';
import { serviceParts } from './services';
import { deviceCounts } from './status';
import { Supervisor } from './supervisor';

const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const say = (line: string): void => console.log(line);

async function main(): Promise<void> {
  process.umask(0o022); // processes without rights must find what is theirs, whatever the user's habit
  const options = readOptions(process.argv.slice(2), project);
  const place = layout(project, options);
  const faults = await preflight(place);
  if (faults.length > 0) {
    for (const fault of faults) console.error(fault);
    process.exit(1);
  }
  for (const folder of [place.data, place.open, place.logs, place.run, place.certificates]) {
    mkdirSync(folder, { recursive: true });
  }
  await run(place, options);
}

async function run(place: Layout, options: Options): Promise<void> {
  const startedAt = Number(process.env['MUSTER_STARTED_AT'] ?? Date.now());
  const first = !existsSync(join(place.open, 'postgres'));
  const secrets = readOrMakeSecrets(place.data, SCHEMAS, [...HUB_SERVICES, ...LEAF_SERVICES, 'leaf', 'system']);
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
  makeCertificates(place);
  await supervisor.start([postgresPart(place, secrets.postgresAdmin)]);
  await prepare(place, secrets);
  const edge = edgePart(place, secrets.edge);
  const device = options.agent
    ? [
        agentPart(
          place,
          secrets.firstRegistrationKey,
          options.privilegedAgent,
          async () => (await deviceCounts(metrics)).online > 0,
        ),
      ]
    : [];
  await supervisor.start([...natsParts(place), edge, ...serviceParts(place, secrets), ...device]);
  followRoots(place, supervisor);
  ready = true;
  save();
  const resident = residentBytes(process.pid);
  say('');
  say(
    `Muster is ready${options.agent ? ' and this machine is green' : ''} after ${((Date.now() - startedAt) / 1000).toFixed(0)} s${first ? ' (first start)' : ''}, using ${(resident / 1e6).toFixed(0)} MB.`,
  );
  say(`  Console         ${place.consoleOrigin}`);
  say(`  CA certificate  ${deviceAnchors(place)}`);
  say(`  First sign-in   admin@${BASE_DOMAIN}`);
  say(`  One-time password (until it is changed)  ${secrets.firstAdminPassword}`);
  say('Ctrl-C ends everything.');
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

main().catch((error: Error) => {
  console.error(error.message.startsWith('Unknown option') ? `${error.message}\n\n${USAGE}` : error.message);
  process.exit(1);
});
