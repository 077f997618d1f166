import { fieldsOf } from '@muster/contracts';
import { configurationTable, loadConfig } from '@muster/service-kit';
import { describe, expect, it } from 'vitest';
import { RmmLogsConfig } from './config';

const needed = {
  NATS_URL: 'nats://127.0.0.1',
  NATS_USER: 'rmm-logs',
  NATS_PASSWORD: 'secret',
  EDGE_SECRET: 'sixteen characters',
  RMM_LOGS_DATABASE_URL: 'postgres://127.0.0.1/muster',
};

/** Every setting with its meaning and default. What has none must be set, or follows from others. */
function example(): string {
  const defaults = new RmmLogsConfig() as unknown as Record<string, unknown>;
  const lines = [...fieldsOf(RmmLogsConfig)].flatMap(([name, field]) => {
    const variable = name.startsWith('DATABASE_') ? `RMM_LOGS_${name}` : name;
    const value = defaults[name];
    const assignment = `${variable}=${String(value ?? '')}`;
    const required = value === undefined && !field.optional;
    return ['', `# ${String(field.schema['description'] ?? '')}`, required ? assignment : `# ${assignment}`];
  });
  return [
    '# Settings of the service `rmm-logs`. Lines that start with a name must be set; the others show their defaults.',
    '# Each one can also be read from a file: put the path into <NAME>_FILE. `RMM_LOGS_` in front of a name wins over it.',
    ...lines,
    '',
  ].join('\n');
}

describe('RmmLogsConfig', () => {
  it('is what .env.example says', async () => {
    await expect(example()).toMatchFileSnapshot('../.env.example');
  });

  it('is what the documentation says', () =>
    expect(
      `# Configuration of rmm-logs\n\n<!-- prettier-ignore -->\n${configurationTable(RmmLogsConfig)}`,
    ).toMatchFileSnapshot('../../../docs/configuration/rmm-logs.md'));

  it('keeps output so long that a late operation keeps its whole time', () => {
    const config = loadConfig(RmmLogsConfig, 'rmm-logs', { ...needed, OUTPUT_DAYS: '10', OUTPUT_LATE_DAYS: '5' });
    expect(config.outputKeptDays).toBe(15);
  });

  it('names all faults at once', () => {
    const environment = { ...needed, RAW_DAYS: '0', LOG_DAYS: 'two', OUTPUT_BYTES: '0' };
    expect(() => loadConfig(RmmLogsConfig, 'rmm-logs', environment)).toThrow(/RAW_DAYS[^]*LOG_DAYS[^]*OUTPUT_BYTES/);
  });
});
