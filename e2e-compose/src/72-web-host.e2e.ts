import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ran } from './harness/commands';
import { Console } from './harness/console';
import { doctor } from './harness/doctor';
import { ITSM_DOMAIN } from './harness/domain';
import { VERSION } from './harness/images';
import { runOn, untilPresence } from './harness/procedures';
import { asAdminAgain, itsm, machine, topology, xmpp } from './harness/servers';
import { fitToMachine } from './harness/set-up';
import { isWell, removeBoth } from './harness/starting-point';

const INSIDE = ITSM_DOMAIN.replace(/^[^.]+/, 'inside');
const address = topology.address('itsm');
const one = machine('inside-only');
let console: Console;
let said = '';

beforeAll(async () => {
  await removeBoth();
  for (const server of [itsm, xmpp]) {
    mkdirSync(server.folder, { recursive: true, mode: 0o700 });
    await fitToMachine(server);
  }
  for (const place of ['xmpp', 'devices'] as const) await topology.hide(ITSM_DOMAIN, place, 'itsm');
}, 240_000);
afterAll(async () => {
  for (const place of ['xmpp', 'devices'] as const) await topology.show(ITSM_DOMAIN, place, 'itsm');
  await console?.close();
  one.stop();
  await removeBoth();
}, 240_000);

/** The HTTP status that a place is answered with under a host name; 0 when nobody answers. */
async function statusFrom(place: 'xmpp' | 'devices', host: string): Promise<number> {
  const words = ['--silent', '--insecure', '--max-time', '5', '--output', '/dev/null', '--write-out', '%{http_code}'];
  const way = ['--resolve', `${host}:443:${address}`, `https://${host}/ca.crt`];
  return Number((await ran('nsenter', [...topology.at(place), 'curl', ...words, ...way])).stdout);
}

describe('an ITSM server whose console has a name that neither devices nor the XMPP server reach', () => {
  it('is set up with another one for them by one command, which the join token carries to the XMPP server', async () => {
    // The name for people is one of the company's DNS; the other is nobody's.
    const hosts = join(itsm.folder, '..', 'hosts-for-people');
    writeFileSync(hosts, `127.0.0.1 localhost\n${address} ${ITSM_DOMAIN}\n`);
    const places = ['--address', address, '--xmpp-address', topology.address('xmpp')];
    const names = ['--domain', ITSM_DOMAIN, '--web-host', INSIDE, ...places, '--release', VERSION];
    const first = await itsm.musterKnowing(hosts, 'setup', 'itsm', '--dir', itsm.folder, ...names);
    expect(first, first.stderr).toMatchObject({ code: 0 });
    said = first.stdout;
    expect(said).toContain(`https://${ITSM_DOMAIN}`);
    const found = await Promise.all([ITSM_DOMAIN, INSIDE].map((host) => statusFrom('xmpp', host)));
    expect(found).toEqual([0, 200]);

    const token = join(itsm.folder, 'join/token');
    const second = await xmpp.muster('setup', 'xmpp', '--dir', xmpp.folder, '--join', token);
    expect(second, second.stderr).toMatchObject({ code: 0 });
    for (const server of [itsm, xmpp]) expect(await isWell(server)).toBe(true);
  });

  it('has a console under its domain, in which somebody signs in', async () => {
    console = await Console.open(ITSM_DOMAIN);
    await console.signIn(said);
    expect(new URL(console.page.url()).host).toBe(ITSM_DOMAIN);
  });

  it('enrols a device by that name alone, which turns green and runs a procedure', async () => {
    const found = await Promise.all([ITSM_DOMAIN, INSIDE].map((host) => statusFrom('devices', host)));
    expect(found).toEqual([0, 200]);
    await one.start();
    const line = await console.installLine('inside');
    expect(line).toContain(INSIDE);
    expect(line).not.toContain(ITSM_DOMAIN);
    const pasted = await one.paste(line);
    expect(pasted, pasted.stderr).toMatchObject({ code: 0 });
    await console.showsOnline('inside-only');
    const { deviceId } = JSON.parse(one.read('/var/lib/muster-agent/identity.json')) as { deviceId: string };
    const admin = await asAdminAgain();
    await untilPresence(admin, deviceId, ['online'], 60);
    expect((await runOn(admin, deviceId, 'echo inside')).output).toBe('inside\n');
  });

  it('is linked under that name, and no fault to doctor on the XMPP server', async () => {
    const { faults, words } = await doctor(xmpp);
    expect(faults, words).toEqual([]);
    expect(words).toContain(INSIDE);
    expect(words).not.toContain(ITSM_DOMAIN);
  });
});
