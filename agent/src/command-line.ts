import { parseArgs } from 'node:util';
import { usualPlaces } from './platform/usual-places';

export const COMMANDS = ['run', 'enrol', 'status', 'unenrol', 'ask-uninstall'] as const;
export interface CommandLine {
  command: (typeof COMMANDS)[number];
  config: string;
  state: string;
  /** Standard error when absent. */
  log?: string;
  json: boolean;
  /** The device's uninstall token. */
  token?: string;
}

export const USAGE = `usage: muster-agent <command> [--config FILE] [--state FOLDER] [--log FILE]
  run       enrol where needed and serve until stopped
  enrol     enrol this device and return
  status    say how the agent is doing; --json for programs
  unenrol   forget the enrolment and the device's key (the agent must be stopped)
  ask-uninstall   ask the server whether the agent may be removed; --token with the device's uninstall token`;

/** @throws Error that says what is wrong with the arguments */
export function readCommandLine(given: readonly string[]): CommandLine {
  const places = usualPlaces();
  const { values, positionals } = parseArgs({
    args: [...given],
    allowPositionals: true,
    options: {
      config: { type: 'string', default: places.config },
      state: { type: 'string', default: places.state },
      log: { type: 'string' },
      json: { type: 'boolean', default: false },
      token: { type: 'string' },
    },
  });
  const command = COMMANDS.find((name) => name === positionals[0]);
  if (!command || positionals.length !== 1) throw new Error(USAGE);
  return {
    command,
    config: values.config,
    state: values.state,
    log: values.log,
    json: values.json,
    token: values.token,
  };
}
