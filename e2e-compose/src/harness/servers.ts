import { inject } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Api } from './api';
import { ITSM_DOMAIN } from './domain';
import { Engine } from './engine';
import { Machine } from './machine';
import { Server } from './server';
import { Topology } from './topology';

const work = inject('work');
const name = inject('name');

export const topology = new Topology(name);
export const itsm = new Server(work, new Engine(work, name, 'itsm', topology), topology);
export const xmpp = new Server(work, new Engine(work, name, 'xmpp', topology), topology);
export const machine = (host: string): Machine => new Machine(work, host, topology);

let admin: Promise<Api> | undefined;
/** The first administrator, as a browser on the administrators' network. */
export function asAdmin(): Promise<Api> {
  return (admin ??= Api.first(front(), EMAIL, itsm.secret('first-admin-password')));
}
/** The same person after all sessions have ended. */
export function asAdminAgain(): Promise<Api> {
  return (admin = Api.again(front(), EMAIL));
}

/** After the servers were set up anew nobody has signed in yet. */
export function forgetAdmin(): void {
  admin = undefined;
}

const EMAIL = `admin@${ITSM_DOMAIN.replace(/^[^.]+\./, '')}`;
const front = () => ({
  address: topology.address('itsm'),
  host: ITSM_DOMAIN,
  ca: readFileSync(join(itsm.folder, 'authority/roots/root-1.crt'), 'utf8'),
});
