import { fieldsOf } from '@muster/contracts';
import { configurationTable, loadConfig } from '@muster/service-kit/process';
import { describe, expect, it } from 'vitest';
import { TurnConfig } from './turn.config';

const needed = { TURN_SECRET: 'sixteen-letters-or-more', TURN_RELAY_ADDRESS: '192.0.2.1' };

/** Every setting with its meaning and default. What has none must be set. */
function example(): string {
  const defaults = new TurnConfig() as unknown as Record<string, unknown>;
  const lines = [...fieldsOf(TurnConfig)].flatMap(([name, field]) => {
    const value = defaults[name];
    const assignment = `${name}=${String(value ?? '')}`;
    const required = value === undefined && !field.optional;
    return ['', `# ${String(field.schema['description'] ?? '')}`, required ? assignment : `# ${assignment}`];
  });
  return [
    '# Settings of the service `turn`. Lines that start with a name must be set; the others show their defaults.',
    '# Each one can also be read from a file: put the path into <NAME>_FILE. `TURN_` in front of a name wins over it.',
    ...lines,
    '',
  ].join('\n');
}

describe('the configuration', () => {
  it('is what .env.example says', async () => {
    await expect(example()).toMatchFileSnapshot('../.env.example');
  });

  it('is what the documentation says', () =>
    expect(
      `# Configuration of turn\n\n<!-- prettier-ignore -->\n${configurationTable(TurnConfig)}`,
    ).toMatchFileSnapshot('../../../docs/configuration/turn.md'));

  it('says for every variable what it means', () => {
    const silent = [...fieldsOf(TurnConfig)].filter(([, field]) => !field.schema['description']);
    expect(silent.map(([name]) => name)).toEqual([]);
  });

  it('names what is missing', () => {
    expect(() => loadConfig(TurnConfig, 'turn', {})).toThrow(/TURN_SECRET[^]*TURN_RELAY_ADDRESS/);
  });

  it('refuses what does not go together', () => {
    const load = (env: Record<string, string>) => () => loadConfig(TurnConfig, 'turn', { ...needed, ...env });
    expect(load({})).not.toThrow();
    expect(load({ TURN_RELAY_ADDRESS: '192.0.2.1,192.0.2.2' })).toThrow(/one address of each family/);
    expect(load({ TURN_RELAY_FIRST_PORT: '50000', TURN_RELAY_LAST_PORT: '49999' })).toThrow(/below/);
  });
});
