import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deviceAnchors } from './certificates';
import { isRoot, ITSM_DOMAIN, type Layout, mayBeEntered } from './layout';
import type { Part } from './part';
import { unprivilegedUser } from './users';

/** This machine as a real device: installed as an installer would, enrolled through the edge. */
export function agentPart(
  layout: Layout,
  registrationKey: string,
  privileged: boolean,
  ready: () => Promise<boolean>,
): Part {
  const user = privileged ? undefined : unprivilegedUser(['nobody']);
  const install = join(layout.open, 'agent');
  const state = join(layout.open, 'agent-state');
  const version = (JSON.parse(readFileSync(join(layout.project, 'agent/package.json'), 'utf8')) as { version: string })
    .version;
  rmSync(install, { recursive: true, force: true });
  mkdirSync(join(install, 'versions', version), { recursive: true, mode: 0o755 });
  cpSync(join(layout.project, 'agent/dist/main.mjs'), join(install, 'versions', version, 'main.mjs'));
  cpSync(join(layout.project, 'agent/dist/launcher.mjs'), join(install, 'launcher.mjs'));
  writeFileSync(join(install, 'current'), version);
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const config = join(install, 'agent.json');
  writeFileSync(config, JSON.stringify(configuration(layout, registrationKey)), { mode: 0o600 });
  if (user) for (const path of [state, config]) chownSync(path, user.uid, user.gid);
  return {
    name: 'agent',
    file: nodeBinary(layout),
    args: ['--max-semi-space-size=1', join(install, 'launcher.mjs'), 'run', '--config', config, '--state', state],
    env: { PATH: process.env['PATH'] ?? '', HOME: state, LANG: process.env['LANG'] ?? 'C.UTF-8' },
    cwd: state,
    user,
    needs: ['edge', 'web-worker', 'key-manager', 'push-broker'],
    ready,
  };
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

/** This Node.js, or a copy of it where a user without rights may run it. */
function nodeBinary(layout: Layout): string {
  if (!isRoot() || mayBeEntered(process.execPath)) return process.execPath;
  const copied = join(layout.open, 'node', 'node');
  if (!existsSync(copied)) {
    mkdirSync(dirname(copied), { recursive: true, mode: 0o755 });
    cpSync(process.execPath, copied, { dereference: true });
    chmodSync(copied, 0o755);
  }
  return copied;
}
