import { fieldsOf } from '@muster/contracts';
import { configurationTable, loadConfig } from '@muster/service-kit';
import { describe, expect, it } from 'vitest';
import { WebConfig } from './config';

const needed = {
  NATS_URL: 'nats://127.0.0.1',
  NATS_USER: 'web',
  NATS_PASSWORD: 'secret',
  EDGE_SECRET: 'sixteen characters',
  WEB_DATABASE_URL: 'postgres://127.0.0.1/muster',
};

/** Every setting with its meaning and default. What has none must be set, or follows from others. */
function example(): string {
  const defaults = new WebConfig() as unknown as Record<string, unknown>;
  const lines = [...fieldsOf(WebConfig)].flatMap(([name, field]) => {
    const variable = name.startsWith('DATABASE_') ? `WEB_${name}` : name;
    const value = defaults[name];
    const assignment = `${variable}=${Array.isArray(value) ? value.join(',') : String(value ?? '')}`;
    const required = value === undefined && !field.optional;
    return ['', `# ${String(field.schema['description'] ?? '')}`, required ? assignment : `# ${assignment}`];
  });
  return [
    '# Settings of the service `web`. Lines that start with a name must be set; the others show their defaults.',
    '# Each one can also be read from a file: put the path into <NAME>_FILE. `WEB_` in front of a name wins over it.',
    ...lines,
    '',
  ].join('\n');
}

describe('WebConfig', () => {
  it('is what .env.example says', async () => {
    await expect(example()).toMatchFileSnapshot('../.env.example');
  });

  it('is what the documentation says', () =>
    expect(
      `# Configuration of the web service\n\n<!-- prettier-ignore -->\n${configurationTable(WebConfig)}`,
    ).toMatchFileSnapshot('../../../docs/configuration/web.md'));

  it('derives names from the domain', () => {
    const config = loadConfig(WebConfig, 'web', { ...needed, ITSM_DOMAIN: 'console.company.local' });
    expect(config).toMatchObject({
      WEB_ROLE: 'all',
      BASE_DOMAIN: 'company.local',
      ITSM_XMPP_HOST: 'xmpp.company.local',
      XMPP_DOMAIN: 'xmpp.company.local',
    });
  });

  it('names all faults at once', () => {
    const environment = { ...needed, WEB_ROLE: 'both', EDGE_PORT: '0', ITSM_WEB_IP: '1' };
    expect(() => loadConfig(WebConfig, 'web', environment)).toThrow(/WEB_ROLE[^]*EDGE_PORT[^]*ITSM_WEB_IP/);
  });
});
