import { get, type IncomingMessage } from 'node:http';
import { EDGE_HEADERS, SESSION_COOKIE } from '@muster/contracts';
import { eventually, startNats, type TestNats } from '@muster/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { drain } from '../../shutdown';
import { KeyManagerFixture } from '../../testing/key-manager.fixture';
import type { NoteRow } from '../../testing/notes.contracts';
import { HOME, shelf } from '../../testing/notes.module';
import { type Answer, EDGE_SECRET, RunningService } from '../../testing/running-service';

const LIMIT = 30_000;

let nats: TestNats;
let keyManager: KeyManagerFixture;
let service: RunningService;

beforeAll(async () => {
  nats = await startNats();
  keyManager = await KeyManagerFixture.start(nats);
  service = await RunningService.start(nats.credentials('bip'), { EXPORT_ROWS: String(LIMIT) });
  keyManager.admit('reader', { permissions: ['devices.read'] });
  keyManager.admit('stranger', { permissions: [] });
  await eventually(async () => {
    await keyManager.beat();
    return (await read('/list/by-page')).status === 200;
  });
});
afterAll(async () => {
  if (service) await drain(service.app);
  await keyManager?.stop();
  await nats?.stop();
});
beforeEach(() => {
  fill(3);
  shelf.onLaterPage = async () => undefined;
});

const read = (path: string, session = 'reader'): Promise<Answer> => service.call({ path, session });
const note = (number: number, more: Partial<NoteRow> = {}): NoteRow => ({
  number,
  title: `note ${number}`,
  author: { name: 'Ada', rank: 1 },
  tags: [],
  readers: [],
  loud: false,
  ...more,
});
function fill(count: number): void {
  shelf.rows = Array.from({ length: count }, (_, number) => note(number));
  shelf.asked = [];
}
/** A response whose body is not read yet. */
const opened = (path: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const headers = { [EDGE_HEADERS.secret]: EDGE_SECRET, cookie: `${SESSION_COOKIE}=reader` };
    get({ host: '127.0.0.1', port: service.port, path, headers, agent: false }, resolve).on('error', reject);
  });

describe('an export', () => {
  it('is a CSV file of all rows that match, with nested fields as columns', async () => {
    shelf.rows = [
      note(1, { title: 'plain', tags: ['a', 'b'], readers: [{ name: 'Bo' }, { name: 'Cy', rank: 2 }] }),
      note(2, { title: undefined, loud: true }),
    ];
    const answer = await read('/list/by-page?format=csv');
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': `attachment; filename="list-by-page-${new Date().toISOString().slice(0, 10)}.csv"`,
      'x-content-type-options': 'nosniff',
    });
    expect(answer.text).toBe(
      [
        '\ufeffnumber,title,author.name,author.rank,tags,readers.name,readers.rank,loud',
        '1,plain,Ada,1,a; b,Bo; Cy,; 2,false',
        '2,,Ada,1,,,,true',
        '',
      ].join('\r\n'),
    );
  });

  it('quotes what CSV needs quoted, and makes no formula of anything', async () => {
    const titles = [
      ['a,b', '"a,b"'],
      ['say "hi"', '"say ""hi"""'],
      ['two\nlines', '"two\nlines"'],
      ['\rstart', '"\'\rstart"'],
      ['=1+1', "'=1+1"],
      ['+49 30 1', "'+49 30 1"],
      ['-2+3', "'-2+3"],
      ['-12.5', '-12.5'],
      ['@cmd', "'@cmd"],
      ['\tx', "'\tx"],
      ['"=1', '"""=1"'],
      ['<script>', '<script>'],
      ['😀 ü', '😀 ü'],
    ];
    shelf.rows = titles.map(([title], number) => note(number, { title }));
    const { text } = await read('/list/by-page?format=csv');
    for (const [index, [, cell]] of titles.entries()) expect(text).toContain(`\r\n${index},${cell},Ada,`);
  });

  it('is one JSON array, also of nothing', async () => {
    fill(1201);
    const answer = await read('/list/by-place?format=json');
    expect(answer.headers['content-disposition']).toMatch(/^attachment; filename="list-by-place-[\d-]+\.json"$/);
    expect(JSON.parse(answer.text)).toEqual(shelf.rows);
    fill(0);
    expect(JSON.parse((await read('/list/by-place?format=json')).text)).toEqual([]);
    expect((await read('/list/by-place?format=csv')).text.split('\r\n')).toHaveLength(2);
  });

  it.each(['by-page', 'by-place'])('reads page after page, whatever page was asked for: %s', async (which) => {
    fill(12_345);
    const place = which === 'by-page' ? 'page=2' : 'after=7';
    const { text } = await read(`/list/${which}?format=csv&size=3&${place}`);
    expect(text.trimEnd().split('\r\n')).toHaveLength(12_346);
    expect(shelf.asked).toHaveLength(3);
    expect(shelf.asked.every((query) => 'size' in query && query.size === 5000)).toBe(true);
  });

  it('has every row that stays once, whatever comes and goes meanwhile', async () => {
    fill(12_000);
    const odd = (): NoteRow[] => shelf.rows.filter(({ number }) => number % 2 === 1);
    const staying = odd().map(({ number }) => number);
    shelf.onLaterPage = async () => {
      // What was read goes, and more comes in front, behind and between.
      shelf.rows = [...odd(), note(0), note(20_000 + shelf.asked.length)].toSorted((a, b) => a.number - b.number);
    };
    const rows: Array<{ number: number }> = JSON.parse((await read('/list/by-page?format=json')).text);
    const numbers = rows.map(({ number }) => number);
    expect(shelf.asked.length).toBeGreaterThan(1);
    expect(numbers).toEqual([...new Set(numbers)]);
    expect(numbers).toEqual(expect.arrayContaining(staying));
  });

  it('keeps filters, and asks a list without pages once', async () => {
    await read('/list/by-page?format=csv&search=x&direction=descending');
    expect(shelf.asked).toEqual([{ search: 'x', direction: 'descending', size: 5000 }]);
    fill(7000);
    const all = await read(`/api/list/${HOME}/all?format=json`);
    expect(JSON.parse(all.text)).toHaveLength(7000);
    expect(all.headers['content-disposition']).toContain('"list-all-');
    expect(shelf.asked).toHaveLength(1);
  });

  it('is for those who may read the list, and refuses what it does not know', async () => {
    expect(await read('/list/by-page?format=csv', 'stranger')).toMatchObject({
      status: 403,
      json: { code: 'permission-denied' },
    });
    for (const query of [
      'format=xls',
      'format=',
      'format=csv&format=json',
      'format=csv&typo=1',
      'format=csv&direction=up',
    ]) {
      expect(await read(`/list/by-page?${query}`), query).toMatchObject({
        status: 400,
        json: { code: 'invalid-input' },
      });
    }
    expect((await read(`/notes/${HOME}?format=csv`)).status).toBe(400);
    expect((await read('/list/by-page?size=201')).status).toBe(400);
  });

  it('never looks complete when it is not: a failure in the middle breaks the connection', async () => {
    fill(9000);
    shelf.onLaterPage = async () => {
      throw new Error('the database went away');
    };
    await expect(read('/list/by-page?format=json')).rejects.toThrow(/aborted|socket hang up|ECONNRESET/);
    expect(service.lines()).toContainEqual(expect.objectContaining({ message: 'An export broke off.', rows: 5000 }));
  });

  it('breaks off at the limit of rows', async () => {
    fill(LIMIT + 1);
    await expect(read('/list/by-place?format=csv')).rejects.toThrow(/aborted|socket hang up|ECONNRESET/);
    fill(LIMIT);
    expect((await read('/list/by-place?format=csv')).text.split('\r\n')).toHaveLength(LIMIT + 2);
  });

  it('ends when rights end', async () => {
    fill(15_000);
    const credentialId = '01900000-0000-7000-8000-0000000000cc';
    keyManager.admit('short', { permissions: ['devices.read'], credentialId });
    shelf.onLaterPage = async () => {
      keyManager.credentials.known.delete('short');
      await keyManager.revoke('session', credentialId);
      await eventually(async () => (await read(`/notes/${HOME}`, 'short')).status === 401);
    };
    await expect(read('/list/by-page?format=csv', 'short')).rejects.toThrow(/aborted|socket hang up|ECONNRESET/);
    expect(shelf.asked).toHaveLength(2);
  });

  it('is read no faster than the client takes it, and no more when the client goes away', async () => {
    fill(LIMIT);
    const title = 'x'.repeat(900);
    for (const row of shelf.rows) row.title = title;
    const response = await opened('/list/by-page?format=csv');
    expect(response.statusCode).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const asked = shelf.asked.length;
    expect(asked).toBeLessThan(LIMIT / 5000);
    response.destroy();
    await eventually(() => service.lines().some((line) => line['status'] === 499));
    expect(shelf.asked.length).toBeLessThanOrEqual(asked + 1);
  });
});
