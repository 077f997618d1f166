import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Agent } from './agent';
import { type CommandLine, readCommandLine } from './command-line';
import { Identity } from './identity/identity';
import { HttpFailure } from './net/http-client';
import { currentPlatform } from './platform/current-platform';
import type { AgentStatus } from './service';
import { readConfig } from './state/config';
import { readFileIfThere, removeFile } from './state/files';
import type { Lock } from './state/lock';
import { openLog, reason } from './state/log';
import { StateFolder } from './state/state-folder';
import { askToUninstall } from './uninstalling/ask-to-uninstall';
import type { Launched } from './update/updater';

/** Exit codes: 0 done, 1 failed or not running, 2 wrong arguments, 3 the server refused. */
type ExitCode = 0 | 1 | 2 | 3;

/**
 * What the launcher calls; stays as it is for ever, since a launcher never changes.
 * @param launched what the launcher says of itself; the oldest launchers say nothing
 * @returns the exit code, for `run` after SIGTERM or SIGINT, or when another version is to be started
 */
export async function main(given: readonly string[], launched?: Launched): Promise<number> {
  let line: CommandLine;
  try {
    line = readCommandLine(given);
  } catch (error) {
    console.error(reason(error));
    return 2;
  }
  try {
    return await COMMANDS[line.command](line, launched);
  } catch (error) {
    console.error(`muster-agent: ${reason(error)}`);
    return error instanceof HttpFailure && error.status === 403 ? 3 : 1;
  }
}

const COMMANDS: Record<CommandLine['command'], (line: CommandLine, launched?: Launched) => Promise<ExitCode>> = {
  async run(line, launched) {
    const { agent, lock, log } = open(line, launched);
    agent.start();
    const signal = await Promise.race([endSignal(), agent.replaced]);
    log.info('stopping', { signal: signal ?? 'update' });
    await agent.stop();
    lock.release();
    return 0;
  },

  async enrol(line) {
    const { agent, lock } = open(line);
    try {
      await agent.enrol();
    } finally {
      lock.release();
    }
    console.log(`enrolled as device ${agent.identity.enrolled?.deviceId}`);
    return 0;
  },

  async status({ state: path, json }) {
    const state = new StateFolder(path);
    const running = currentPlatform().locked(state.lock);
    const status = JSON.parse(readFileIfThere(state.status) ?? '{}') as Partial<AgentStatus>;
    if (json) console.log(JSON.stringify({ running, ...status }));
    else console.log(sentence(running, status));
    return running ? 0 : 1;
  },

  async unenrol(line) {
    const state = new StateFolder(line.state);
    const lock = currentPlatform().lock(state.lock);
    try {
      new Identity(state).forget();
      const { trust, clock, journal, facts, outputs, runs, reports, inventory, packages, version } = state;
      for (const path of [trust, clock, journal, facts, outputs, runs, reports, inventory, packages, version])
        removeFile(path);
    } finally {
      lock.release();
    }
    console.log('this device is not enrolled any more; retire it in the console to end its certificate');
    return 0;
  },

  async 'ask-uninstall'(line) {
    const verdict = await askToUninstall(readConfig(line.config), new StateFolder(line.state), line.token);
    if (verdict.allowed) return 0;
    console.error(`muster-agent: ${verdict.why}`);
    return verdict.unreachable ? 1 : 3;
  },
};

function open(line: CommandLine, launched?: Launched): { agent: Agent; lock: Lock; log: ReturnType<typeof openLog> } {
  const config = readConfig(line.config);
  const platform = currentPlatform();
  const state = new StateFolder(line.state);
  const log = openLog(line.log);
  const lock = platform.lock(state.lock);
  try {
    return { agent: new Agent(config, state, platform, log, launched), lock, log };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function endSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
}

function sentence(running: boolean, { deviceId, connected, lastSync, version, reports }: Partial<AgentStatus>): string {
  if (!running) return 'the agent is not running';
  if (!deviceId) return 'the agent runs and is not enrolled yet';
  const link = connected ? 'connected' : 'not connected (polling)';
  const spools = Object.entries(reports ?? {}).map(([name, { waiting, lastSent }]) =>
    waiting > 0 || !lastSent
      ? `${name}: ${waiting} waiting, last sent ${lastSent ?? 'not yet'}`
      : `${name}: ${lastSent}`,
  );
  const sent = spools.length > 0 ? `\nreports: ${spools.join('; ')}` : '';
  return `the agent ${version} runs as device ${deviceId}, ${link}, last sync ${lastSync ?? 'not yet'}${sent}`;
}

// Started without the launcher, as developers and the local stack do.
if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exit(await main(process.argv.slice(2)));
}
