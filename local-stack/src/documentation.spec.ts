import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { ERROR_STATUS, PERMISSIONS, REFUSAL_REASONS, ROLE_PERMISSIONS, ROLES } from '@muster/contracts';
import { describe, expect, it } from 'vitest';
import { layout } from './layout';
import { readOptions } from './options';

const project = join(import.meta.dirname, '../..');
const docs = join(project, 'docs');
const read = (path: string): string => readFileSync(join(docs, path), 'utf8');
/** Cells of every table row of a page, without the backticks. */
const rows = (path: string): string[][] =>
  read(path)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll('`', '')));
const pages = readdirSync(docs, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));

describe('the documentation', () => {
  it('explains every error code with its status, and no other', () => {
    const told = rows('administration/troubleshooting.md').filter(([, status]) => /^[45]\d\d$/.test(status ?? ''));
    expect(Object.fromEntries(told.map(([code, status]) => [code, Number(status)]))).toEqual(ERROR_STATUS);
  });

  it('explains every reason for which a device refuses an operation', () => {
    const [, section = ''] = read('administration/troubleshooting.md').split('## An operation that a device refused');
    const told = [...section.matchAll(/^\| `([a-z-]+)`/gm)].map(([, reason]) => reason);
    expect(told).toEqual([...REFUSAL_REASONS]);
  });

  it('tells what each role may do', () => {
    const told = rows('administration/users-and-roles.md').filter(([name]) => PERMISSIONS.some((one) => one === name));
    expect(told).toEqual(
      PERMISSIONS.map((name) => [name, ...ROLES.map((role) => (ROLE_PERMISSIONS[role].includes(name) ? 'yes' : '–'))]),
    );
  });

  it('lists every port of the local stack', () => {
    const { ports } = layout(project, readOptions(['--data', '/nowhere', '--ports', '10000'], project));
    const told = rows('system-administration/local-stack.md').flatMap(
      ([port]) => port?.match(/^BASE\+(\d+)$/)?.[1] ?? [],
    );
    expect(told.map(Number).sort()).toEqual(
      Object.values(ports)
        .map((port) => port - 10_000)
        .sort(),
    );
  });

  it.each(pages)('%s leads nowhere that does not exist', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)];
    const broken = links.filter(([, path = '', anchor]) => {
      const target = path === '' ? join(docs, page) : join(docs, dirname(page), path);
      return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
    });
    expect(broken.map(([link]) => `${relative(project, join(docs, page))}: ${link}`)).toEqual([]);
  });
});

/** As forges make them of headings. */
const anchorsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
