import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EndpointMap, parse } from '@muster/contracts';
import { followPorts } from './agent-ports';
import { layout } from './layout';
import { readOptions } from './options';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-ports-'));
  file = join(folder, 'trust.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const started = (base: number): void =>
  followPorts({ agentState: folder, ports: layout('/', readOptions(['--ports', `${base}`], '/')).ports });
const endpoint = (name: string, port: number): object => ({
  ...{ function: name, hostName: `${name}.muster.localhost`, addresses: ['127.0.0.1'], port, path: `/${name}` },
  ...{ priority: 0, pins: [] },
});
const map = (https: number, xmpp: number): object => ({
  ...{ version: 7, xmppDomain: 'xmpp.muster.localhost', issuedAt: '2026-01-01T00:00:00.000Z', anchors: ['a root'] },
  endpoints: [endpoint('sync', https), endpoint('push', xmpp)],
});

describe('the ports that an enrolled agent knows', () => {
  it('are those of this start, and nothing else of what it trusts changes', () => {
    writeFileSync(file, JSON.stringify(map(8443, 8444)));
    started(27_000);
    const kept: unknown = JSON.parse(readFileSync(file, 'utf8'));
    expect(kept).toEqual(map(27_443, 27_444));
    expect(parse(EndpointMap, kept, { unknown: 'drop' }).endpoints.map(({ port }) => port)).toEqual([27_443, 27_444]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['trust.json']);
  });

  it('are left alone where they are right', () => {
    writeFileSync(file, JSON.stringify(map(8443, 8444)));
    const before = statSync(file).ino;
    started(8000);
    expect(statSync(file).ino).toBe(before);
  });

  it('are for the agent to complain about where its file is damaged', () => {
    writeFileSync(file, '{"endpoints":');
    started(8000);
    expect(readFileSync(file, 'utf8')).toBe('{"endpoints":');
  });

  it('are none before it has enrolled', () => {
    started(8000);
    expect(existsSync(file)).toBe(false);
  });
});
