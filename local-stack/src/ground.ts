/**
 * PostgreSQL and both NATS of a data folder, without services: what `muster restore` fills. One line of JSON says where
 * everything lies (`GroundPlaces`); with `--start` a second one says that they are ready (`GroundReady`), and they run until
 * standard input ends.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { GroundPlaces, GroundReady } from '@muster/contracts';
import { deviceAnchors, makeCertificates } from './certificates';
import { secretsAndCluster } from './first-start';
import { layout, type Layout } from './layout';
import { natsParts } from './nats';
import { readOptions } from './options';
import { postgresPart } from './postgres';
import { missingPrograms, takenPorts } from './preflight';
import { prepare } from './preparation';
import { livingSupervisor, writeRunState } from './run-state';
import { Supervisor } from './supervisor';

const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const tell = (what: GroundPlaces | GroundReady): void => console.log(JSON.stringify(what));

async function main(): Promise<void> {
  process.umask(0o022);
  const { values } = parseArgs({
    options: { data: { type: 'string' }, ports: { type: 'string' }, start: { type: 'boolean', default: false } },
  });
  const given = (['data', 'ports'] as const).flatMap((name) => (values[name] ? [`--${name}`, values[name]] : []));
  const place = layout(project, readOptions(given, project));
  const running = livingSupervisor(place);
  // The ports of what runs are its own.
  const faults = [...missingPrograms(), ...(running ? [] : await takenPorts(place.ports))];
  tell({ data: place.data, open: place.open, faults, ...(running ? { running } : {}) });
  if (!values.start) return;
  if (running) throw new Error(`Muster runs here (pid ${running}).`);
  if (faults[0]) throw new Error(faults[0]);
  await start(place);
}

async function start(place: Layout): Promise<void> {
  for (const folder of [place.logs, place.run, place.certificates]) mkdirSync(folder, { recursive: true });
  const save = (): void =>
    writeRunState(place, {
      ...{ ready: false, console: place.consoleOrigin, caFile: deviceAnchors(place), metrics: '' },
      parts: supervisor.states(),
    });
  const supervisor = new Supervisor(place.logs, save, (line) => console.error(line));
  const end = (code: number): void => void supervisor.stop().then(() => process.exit(code));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end(1));
  process.stdin.once('end', () => end(0)).resume();
  save();
  try {
    makeCertificates(place);
    const { secrets } = secretsAndCluster(place);
    await supervisor.start([postgresPart(place)]);
    await prepare(place, secrets);
    await supervisor.start(natsParts(place));
    if (supervisor.stopping) return;
    const nats = (port: number): string => `nats://127.0.0.1:${port}`;
    tell({
      postgres: { port: place.ports.postgres, password: secrets.postgresAdmin },
      nats: {
        ...{ hub: nats(place.ports.natsHub), leaf: nats(place.ports.natsLeaf) },
        password: secrets.nats['backup'] ?? '',
      },
    });
  } catch (error) {
    if (supervisor.stopping) return; // what ends is not at fault
    await supervisor.stop();
    throw error;
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
