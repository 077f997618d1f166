import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const services = join(import.meta.dirname, '../../../services');

/** Class names of the migrations in each service, oldest first, by schema. */
function migrations(): [schema: string, names: string[]][] {
  return readdirSync(services)
    .filter((service) => existsSync(join(services, service, 'src/migrations')))
    .map((service): [string, string[]] => {
      const folder = join(services, service, 'src/migrations');
      const names = readdirSync(folder)
        .sort()
        .flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(/^export class (\w+\d{13})\b/gm)])
        .map(([, name = '']) => name);
      return [schemaOf(service), names];
    })
    .sort(([one], [other]) => one.localeCompare(other));
}

function schemaOf(service: string): string {
  const text = readFileSync(join(services, service, 'src/schema.ts'), 'utf8');
  return /schema: '(\w+)'/.exec(text)?.[1] ?? service.replaceAll('-', '_');
}

describe('the migrations that doctor knows', () => {
  it('are those of the services (-u writes the list)', async () => {
    const lists = migrations().map(
      ([schema, names]) => `  ${schema}: [\n${names.map((name) => `    '${name}',\n`).join('')}  ],\n`,
    );
    const text =
      '/** Migrations of this version by schema, oldest first. Written by `npx vitest run -u --project cli known-migrations`. */\n' +
      `// prettier-ignore\nexport const KNOWN_MIGRATIONS: Readonly<Record<string, readonly string[]>> = {\n${lists.join('')}};\n`;
    expect(lists.length).toBeGreaterThan(4);
    await expect(text).toMatchFileSnapshot('./known-migrations.ts');
  });
});
