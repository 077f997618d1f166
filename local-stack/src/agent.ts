import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { followPorts } from './agent-ports';
import { deviceAnchors } from './certificates';
import { ITSM_DOMAIN, type Layout } from './layout';
import { copyForAll, runnable } from './open-copies';
import type { Part } from './part';
import { agentUser, giveTo } from './users';

/** This machine as a real device: installed as an installer would, enrolled through the edge. */
export function agentPart(
  layout: Layout,
  registrationKey: string,
  privileged: boolean,
  countedOnline: () => Promise<boolean>,
): Part {
  const user = privileged ? undefined : agentUser();
  const install = join(layout.open, 'agent');
  const state = layout.agentState;
  const version = (JSON.parse(readFileSync(join(layout.project, 'agent/package.json'), 'utf8')) as { version: string })
    .version;
  rmSync(install, { recursive: true, force: true });
  copyForAll(join(layout.project, 'agent/dist/main.mjs'), join(install, 'versions', version, 'main.mjs'));
  copyForAll(join(layout.project, 'agent/dist/launcher.mjs'), join(install, 'launcher.mjs'));
  writeFileSync(join(install, 'current'), version);
  mkdirSync(state, { recursive: true, mode: 0o700 });
  followPorts(layout);
  const config = join(install, 'agent.json');
  writeFileSync(config, JSON.stringify(configuration(layout, registrationKey)), { mode: 0o600 });
  // All of it: an agent that was let keep its rights once left files that are root's.
  // Its programs too, which it updates.
  for (const path of [state, install]) giveTo(user, path);
  return {
    name: 'agent',
    file: runnable(layout, process.execPath),
    args: ['--max-semi-space-size=1', join(install, 'launcher.mjs'), 'run', '--config', config, '--state', state],
    env: { PATH: process.env['PATH'] ?? '', HOME: state, LANG: process.env['LANG'] ?? 'C.UTF-8' },
    cwd: state,
    user,
    needs: ['edge', 'web-worker', 'key-manager', 'push-broker'],
    optional: true,
    ready: async (pid) => isGreen(join(state, 'status.json'), pid) && (await countedOnline()),
  };
}

/** Whether the agent of this very process wrote that it is connected and in step with the server. */
export function isGreen(statusFile: string, pid: number): boolean {
  const status = JSON.parse(readFileSync(statusFile, 'utf8')) as {
    pid?: number;
    connected?: boolean;
    lastSync?: string;
  };
  return status.pid === pid && status.connected === true && status.lastSync !== undefined;
}

function configuration(layout: Layout, registrationKey: string): object {
  return {
    enrolment: [{ hostName: ITSM_DOMAIN, addresses: ['127.0.0.1'], port: layout.ports.https }],
    anchors: readFileSync(deviceAnchors(layout), 'utf8').match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/g),
    registrationKey,
    issuedAt: new Date().toISOString(),
    rollOverSpreadSeconds: 5, // a fleet of one
  };
}
