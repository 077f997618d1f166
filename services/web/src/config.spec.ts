import { fieldsOf } from '@muster/contracts';
import { configurationTable, loadConfig } from '@muster/service-kit';
import { describe, expect, it } from 'vitest';
import { WebConfig } from './config';
import { endpointsOf } from './endpoint-map/endpoints';

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

  it('lets devices enrol and renew under another name than the console has, where the certificate is for it', () => {
    const from = (more: Record<string, string>) =>
      loadConfig(WebConfig, 'web', { ...needed, ITSM_DOMAIN: 'console.company.local', ...more });
    const hosts = (config: WebConfig): string[] => endpointsOf(config).map(({ hostName }) => hostName);
    const [enrol, renew, ...others] = hosts(from({ ITSM_WEB_HOST: 'inside.company.local' }));
    expect([enrol, renew]).toEqual(['inside.company.local', 'inside.company.local']);
    expect(hosts(from({}))).toEqual(['console.company.local', 'console.company.local', ...others]);
    expect(() => from({ ITSM_WEB_HOST: 'work.company.local' })).toThrow(
      /ITSM_WEB_HOST: must be ITSM_DOMAIN, or a name of its own directly below BASE_DOMAIN/,
    );
  });

  it('names all faults at once', () => {
    const environment = { ...needed, WEB_ROLE: 'both', EDGE_PORT: '0', ITSM_WEB_IP: '1' };
    expect(() => loadConfig(WebConfig, 'web', environment)).toThrow(/WEB_ROLE[^]*EDGE_PORT[^]*ITSM_WEB_IP/);
  });
});
