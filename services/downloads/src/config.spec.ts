import { fieldsOf } from '@muster/contracts';
import { configurationTable, loadConfig } from '@muster/service-kit';
import { describe, expect, it } from 'vitest';
import { DownloadsConfig } from './config';

const needed = {
  NATS_URL: 'nats://127.0.0.1',
  NATS_USER: 'downloads',
  NATS_PASSWORD: 'secret',
  EDGE_SECRET: 'sixteen characters',
  DOWNLOADS_DATABASE_URL: 'postgres://127.0.0.1/muster',
};

/** Every setting with its meaning and default. What has none must be set, or follows from others. */
function example(): string {
  const defaults = new DownloadsConfig() as unknown as Record<string, unknown>;
  const lines = [...fieldsOf(DownloadsConfig)].flatMap(([name, field]) => {
    const variable = name.startsWith('DATABASE_') ? `DOWNLOADS_${name}` : name;
    const value = defaults[name];
    const required = value === undefined && !field.optional;
    const assignment = `${variable}=${String(value ?? '')}`;
    return ['', `# ${String(field.schema['description'] ?? '')}`, required ? assignment : `# ${assignment}`];
  });
  return [
    '# Settings of the service `downloads`. Lines that start with a name must be set; the others show their defaults.',
    '# Each one can also be read from a file: put the path into <NAME>_FILE. `DOWNLOADS_` in front of a name wins over it.',
    ...lines,
    '',
  ].join('\n');
}

describe('DownloadsConfig', () => {
  it('is what .env.example says', async () => {
    await expect(example()).toMatchFileSnapshot('../.env.example');
  });

  it('is what the documentation says', async () => {
    const page = `# Configuration of the downloads service\n\n<!-- prettier-ignore -->\n${configurationTable(DownloadsConfig)}`;
    await expect(page).toMatchFileSnapshot('../../../docs/configuration/downloads.md');
  });

  it('lets nobody who waits for a turn ask more seldom than the others', () => {
    const config = loadConfig(DownloadsConfig, 'downloads', { ...needed, ASK_AGAIN_SECONDS: '60' });
    expect(config.ASK_SOON_SECONDS).toBe(60);
  });

  it('names all faults at once', () => {
    const environment = { ...needed, OFFER_HOURS: '0', DOWNLOADS_AT_ONCE: 'many' };
    expect(() => loadConfig(DownloadsConfig, 'downloads', environment)).toThrow(/DOWNLOADS_AT_ONCE[^]*OFFER_HOURS/);
  });
});
