import { parseArgs } from 'node:util';
import { resolve } from 'node:path';

/** What `npm start --` accepts. */
export interface Options {
  /** Folder of everything that the stack writes. */
  data: string;
  /** First port; every port of the stack is this plus a fixed number. */
  basePort: number;
  /** Enrol this machine as a device. */
  agent: boolean;
  /** Leave the agent the rights of the user who started the stack. */
  privilegedAgent: boolean;
  /** Only tell what the options are. */
  help: boolean;
}

/** @throws Error with one sentence when an option is unknown or out of range */
export function readOptions(args: string[], projectRoot: string): Options {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: 'string', default: resolve(projectRoot, '.muster') },
      ports: { type: 'string', default: '8000' },
      'no-agent': { type: 'boolean', default: false },
      'privileged-agent': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const basePort = Number(values.ports);
  if (!Number.isInteger(basePort) || basePort < 1024 || basePort > 65_000) {
    throw new Error(`--ports must be a whole number from 1024 to 65000, not "${values.ports}".`);
  }
  return {
    data: resolve(values.data),
    basePort,
    agent: !values['no-agent'],
    privilegedAgent: values['privileged-agent'],
    help: values.help,
  };
}
