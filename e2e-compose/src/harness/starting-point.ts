import { rmSync } from 'node:fs';
import { until } from './commands';
import { VERSION } from './images';
import { forgetAdmin, itsm, topology, xmpp } from './servers';
import type { Server } from './server';
import { setUpBoth } from './set-up';

/** What a file of tests starts from. Files run one after another and share the servers; none relies on the one before. */
export interface StartingPoint {
  /** Both servers are of this version; `any`: of one and the same, whichever it is. */
  version: typeof VERSION | 'any';
}

/** A server that just came up, on a machine that does other things too. */
const PATIENCE_SECONDS = 180;

/**
 * Brings both servers to where a file of tests starts: set up anew when they are of another version, and well.
 * @throws Error saying clearly what is missing
 */
export async function startFrom({ version }: StartingPoint): Promise<void> {
  const found = [itsm.version, xmpp.version];
  const fits =
    version === 'any' ? found[0] === found[1] && found[0] !== undefined : found.every((one) => one === version);
  if (!fits) await anew(`these tests start from ${version}, and ${found.join(' and ')} run`);
  for (const server of [itsm, xmpp]) {
    await hasCommand(server);
    const what = `the ${server.engine.place} server is well, which these tests start from`;
    await until(what, async () => isWell(server), PATIENCE_SECONDS);
  }
}

/** @throws Error naming what is not well */
export async function isWell(server: Server): Promise<boolean> {
  const unwell = await server.unwell();
  if (unwell.length > 0) throw new Error(unwell.join(', '));
  return true;
}

/** A server without Node.js has no other command, so that this is a part of every state. */
async function hasCommand(server: Server): Promise<void> {
  const image = `muster/cli:${server.version}`;
  await server.engine.docker('image', 'inspect', '--format', '{{.Id}}', image).catch((error: Error) => {
    throw new Error(`The ${server.engine.place} server is of ${server.version} and has no ${image}.`, { cause: error });
  });
}

/** As on fresh hosts: without data, and with the images that were made for the tests. */
async function anew(why: string): Promise<void> {
  console.log(`Both servers are set up anew: ${why}.`);
  await removeBoth();
  await setUpBoth(itsm, xmpp, topology, (line) => console.log(line));
}

/** Containers, data and folders: what is left are hosts with Docker and the images. */
export async function removeBoth(): Promise<void> {
  for (const server of [xmpp, itsm]) {
    if (server.version !== undefined) await server.compose('down', '--volumes', '--timeout', '10');
    rmSync(server.folder, { recursive: true, force: true });
  }
  forgetAdmin();
}
