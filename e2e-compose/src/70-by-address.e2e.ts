import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Console } from './harness/console';
import { VERSION } from './harness/images';
import { itsm, machine, topology, xmpp } from './harness/servers';
import { fitToMachine } from './harness/set-up';
import { isWell, removeBoth } from './harness/starting-point';

const address = topology.address('itsm');
const one = machine('by-address');
let console: Console;
let said = '';

beforeAll(async () => {
  await removeBoth();
  for (const server of [itsm, xmpp]) {
    mkdirSync(server.folder, { recursive: true, mode: 0o700 });
    await fitToMachine(server);
  }
}, 240_000);
/** Nobody else knows these servers by their addresses: who comes next starts anew. */
afterAll(async () => {
  await console?.close();
  one.stop();
  await removeBoth();
}, 240_000);

describe('two servers without any name', () => {
  it('are set up by one command each, and nothing is forced', async () => {
    const places = ['--domain', address, '--xmpp-address', topology.address('xmpp')];
    const first = await itsm.muster('setup', 'itsm', '--dir', itsm.folder, ...places, '--release', VERSION);
    expect(first, first.stderr).toMatchObject({ code: 0 });
    said = first.stdout;
    expect(said).toContain(`https://${address}`);
    const token = join(itsm.folder, 'join/token');
    const second = await xmpp.muster('setup', 'xmpp', '--dir', xmpp.folder, '--join', token);
    expect(second, second.stderr).toMatchObject({ code: 0 });
    for (const server of [itsm, xmpp]) expect(await isWell(server)).toBe(true);
  });

  it('have a console at the bare address, in which somebody signs in', async () => {
    console = await Console.open(address);
    await console.signIn(said);
    expect(new URL(console.page.url()).host).toBe(address);
  });

  it('enrol a device by the line that the console shows, and it turns green before somebody’s eyes', async () => {
    await one.start();
    const line = await console.installLine('by address');
    expect(line).toContain(address);
    const pasted = await one.paste(line);
    expect(pasted, pasted.stderr).toMatchObject({ code: 0 });
    await console.showsOnline('by-address');
  });
});
