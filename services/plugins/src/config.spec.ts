import { fieldsOf } from '@muster/contracts';
import { configurationTable, loadConfig } from '@muster/service-kit';
import { describe, expect, it } from 'vitest';
import { PluginsConfig } from './config';

const needed = {
  NATS_URL: 'nats://127.0.0.1',
  NATS_USER: 'plugins',
  NATS_PASSWORD: 'secret',
  EDGE_SECRET: 'sixteen characters',
  PLUGINS_DATABASE_URL: 'postgres://127.0.0.1/muster',
};

/** Every setting with its meaning and default. What has none must be set, or follows from others. */
function example(): string {
  const defaults = new PluginsConfig() as unknown as Record<string, unknown>;
  const lines = [...fieldsOf(PluginsConfig)].flatMap(([name, field]) => {
    const variable = name.startsWith('DATABASE_') ? `PLUGINS_${name}` : name;
    const value = defaults[name];
    const required = value === undefined && !field.optional;
    const assignment = `${variable}=${String(value ?? '')}`;
    return ['', `# ${String(field.schema['description'] ?? '')}`, required ? assignment : `# ${assignment}`];
  });
  return [
    '# Settings of the service `plugins`. Lines that start with a name must be set; the others show their defaults.',
    '# Each one can also be read from a file: put the path into <NAME>_FILE. `PLUGINS_` in front of a name wins over it.',
    ...lines,
    '',
  ].join('\n');
}

describe('PluginsConfig', () => {
  it('is what .env.example says', async () => {
    await expect(example()).toMatchFileSnapshot('../.env.example');
  });

  it('is what the documentation says', async () => {
    const page = `# Configuration of the plugins service\n\n<!-- prettier-ignore -->\n${configurationTable(PluginsConfig)}`;
    await expect(page).toMatchFileSnapshot('../../../docs/configuration/plugins.md');
  });

  it('takes no report that is older than the history', () => {
    const config = loadConfig(PluginsConfig, 'plugins', { ...needed, HISTORY_DAYS: '31', REPORT_OLDEST_DAYS: '300' });
    expect(config.REPORT_OLDEST_DAYS).toBe(30);
  });

  it('names all faults at once', () => {
    const environment = { ...needed, HISTORY_DAYS: '1', COLLECT_SECONDS: 'often' };
    expect(() => loadConfig(PluginsConfig, 'plugins', environment)).toThrow(/COLLECT_SECONDS[^]*HISTORY_DAYS/);
  });
});
