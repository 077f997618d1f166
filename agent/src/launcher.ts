import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { InstallFolder, MOST_ATTEMPTS, type Trial } from './launcher/install-folder';
import { watch, type WatchdogOrder } from './launcher/watchdog';

/**
 * Starts the installed version of the agent in this same process: `current` beside this file names the folder below
 * `versions/`, unless `trial` names one that has to prove itself. A version on trial that does not start, ends before it is
 * green, or is not green in time, is given up, and the one before runs again. It knows nothing else and is never
 * updated, so that whatever happens to an update, the service manager finds a program here that starts. What the
 * versions owe it is an exported `main(arguments, launched)` that gives an exit code; what it owes them is in
 * `launcher/install-folder.ts`.
 */
interface Version {
  main(given: readonly string[], launched: { install: string; version: string }): Promise<number>;
}

const here = fileURLToPath(import.meta.url);
const install = new InstallFolder(dirname(here));

async function launch(given: readonly string[]): Promise<number> {
  const current = currentOrEnd();
  const trial = given[0] === 'run' ? onTrial(current) : undefined;
  if (!trial) return start(current, given);
  const limitMs = trial.greenWithinSeconds * 1000;
  const order: WatchdogOrder = { install: install.path, version: trial.version, limitMs };
  new Worker(here, { workerData: order, resourceLimits: { maxOldGenerationSizeMb: 16 } }).unref();
  let asked = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => (asked = true));
  try {
    const code = await start(trial.version, given);
    // Asked to end, by a shutdown for example: that says nothing about the version.
    if (asked) note((now) => ({ ...now, attempts: now.attempts - 1 }));
    else note((now) => ({ ...now, why: `it ended with code ${code} before it was green` }));
    return code;
  } catch (error) {
    note((now) => ({ ...now, why: `it failed: ${error instanceof Error ? error.message : String(error)}` }));
    console.error(`muster-agent: version ${trial.version}:`, error);
    return 1;
  }
}

/** The trial to begin or go on with, already counted; undefined where there is none or it was too many. */
function onTrial(current: string): Trial | undefined {
  const { trial } = install;
  // It has proven itself, or somebody installed another version meanwhile.
  if (!trial || trial.version === current || trial.from !== current) return undefined;
  if (trial.attempts >= MOST_ATTEMPTS) {
    const why = trial.why ?? `it ended ${trial.attempts} times before it was green`;
    console.error(`muster-agent: version ${trial.version} is given up: ${why}`);
    install.giveUp(trial, why);
    return undefined;
  }
  const counted = { ...trial, attempts: trial.attempts + 1 };
  install.trial = counted;
  return counted;
}

/** Changes what is written of the trial, if it still goes on. */
function note(change: (trial: Trial) => Trial): void {
  const { trial } = install;
  if (trial && trial.version !== install.current) install.trial = change(trial);
}

async function start(version: string, given: readonly string[]): Promise<number> {
  const program = join(install.folderOf(version), 'main.mjs');
  const agent = (await import(pathToFileURL(program).href)) as Version;
  return agent.main(given, { install: install.path, version });
}

function currentOrEnd(): string {
  try {
    return install.current;
  } catch (error) {
    console.error(`muster-agent: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  }
}

if (isMainThread) process.exit(await launch(process.argv.slice(2)));
else watch(workerData as WatchdogOrder);
