import { fieldsOf } from '@muster/contracts';
import { configurationTable, loadConfig } from '@muster/service-kit';
import { describe, expect, it } from 'vitest';
import { AuditLogsConfig } from './config';

const needed = {
  NATS_URL: 'nats://127.0.0.1',
  NATS_USER: 'audit-logs',
  NATS_PASSWORD: 'secret',
  EDGE_SECRET: 'sixteen characters',
  AUDIT_LOGS_DATABASE_URL: 'postgres://127.0.0.1/muster',
};

/** Every setting with its meaning and default. What has none must be set, or follows from others. */
function example(): string {
  const defaults = new AuditLogsConfig() as unknown as Record<string, unknown>;
  const lines = [...fieldsOf(AuditLogsConfig)].flatMap(([name, field]) => {
    const variable = name.startsWith('DATABASE_') ? `AUDIT_LOGS_${name}` : name;
    const value = defaults[name];
    const assignment = `${variable}=${Array.isArray(value) ? value.join(',') : String(value ?? '')}`;
    const required = value === undefined && !field.optional;
    return ['', `# ${String(field.schema['description'] ?? '')}`, required ? assignment : `# ${assignment}`];
  });
  return [
    '# Settings of the service `audit-logs`. Lines that start with a name must be set; the others show their defaults.',
    '# Each one can also be read from a file: put the path into <NAME>_FILE. `AUDIT_LOGS_` in front of a name wins over it.',
    ...lines,
    '',
  ].join('\n');
}

describe('AuditLogsConfig', () => {
  it('is what .env.example says', async () => {
    await expect(example()).toMatchFileSnapshot('../.env.example');
  });

  it('is what the documentation says', () =>
    expect(
      `# Configuration of the audit-logs service\n\n<!-- prettier-ignore -->\n${configurationTable(AuditLogsConfig)}`,
    ).toMatchFileSnapshot('../../../docs/configuration/audit-logs.md'));

  it('names all faults at once', () => {
    const environment = { ...needed, AUDIT_DAYS: '29', HEAD_SECONDS: '0', FORWARD_DENY: '1' };
    const load = () => loadConfig(AuditLogsConfig, 'audit-logs', environment);
    expect(load).toThrow(/AUDIT_DAYS[^]*HEAD_SECONDS[^]*FORWARD_DENY/);
  });
});
