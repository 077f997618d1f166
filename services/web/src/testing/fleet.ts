import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  type CancelPayload,
  DEFAULT_ORGANISATION_ID,
  type OperationPayload,
  type OperationReport,
  type Signed,
  type Sync,
  type SyncReply,
} from '@muster/contracts';
import { newId } from '@muster/database';
import { selfSigned } from './certificates';
import { ask, type WebUnderTest } from './web-under-test';

export interface TestDevice {
  id: string;
  organisationId: string;
  /** Client certificate, PEM. */
  certificate: string;
}

/** Organisations and devices put into the database as they are after enrolment. */
export class Fleet {
  constructor(private readonly web: WebUnderTest) {}

  async organisation(name = 'Another'): Promise<string> {
    const id = newId();
    await this.web.rows('INSERT INTO core.organisations (id, name) VALUES ($1, $2)', [id, name]);
    return id;
  }

  async device(organisationId = DEFAULT_ORGANISATION_ID, hostName = 'machine'): Promise<TestDevice> {
    const id = await this.deviceRow(organisationId, hostName);
    return { id, organisationId, certificate: selfSigned(id).certificate };
  }

  /** Without a certificate: it cannot call. */
  async deviceRow(organisationId = DEFAULT_ORGANISATION_ID, hostName = 'machine'): Promise<string> {
    const [id = ''] = await this.deviceRows(1, organisationId, hostName);
    return id;
  }

  async deviceRows(count: number, organisationId = DEFAULT_ORGANISATION_ID, hostName = 'machine'): Promise<string[]> {
    const ids = Array.from({ length: count }, newId);
    await this.web.rows(
      `INSERT INTO core.devices (organisation_id, id, name, host_name, platform, os_name, agent_version,
                                 presence_at, last_contact_at, enrolled_at, registration_key_id, facts_at)
       SELECT $1, id, $3, $3, 'linux', 'Debian', '1.0.0', now(), now(), now(), $4, now() FROM unnest($2::uuid[]) AS id`,
      [organisationId, ids, hostName, newId()],
    );
    const facts = {
      hostName,
      platform: 'linux',
      osName: 'Debian',
      osVersion: '12',
      kernel: '6.1',
      architecture: 'x64',
    };
    const rest = { disks: [], networks: [], languages: [], agentVersion: '1.0.0' };
    await this.web.rows(
      'INSERT INTO core.device_facts (organisation_id, device_id, facts) SELECT $1, unnest($2::uuid[]), $3',
      [organisationId, ids, JSON.stringify({ ...facts, ...rest })],
    );
    return ids;
  }

  async procedure(
    app: NestFastifyApplication,
    { as = 'owner', ...fields }: { as?: string; script?: string; timeLimitSeconds?: number } = {},
  ): Promise<string> {
    const body = { name: `Procedure ${newId()}`, language: 'sh', script: 'true', timeLimitSeconds: 60, parameters: [] };
    const reply = await ask(app, 'POST', '/api/procedures', { as, body: { ...body, ...fields } });
    if (reply.status !== 200) throw new Error(`no procedure: ${JSON.stringify(reply)}`);
    return String(reply.body['id']);
  }

  /** Asks devices to run a procedure. @returns the ids of batch and operations, these in the order of the devices */
  async run(
    app: NestFastifyApplication,
    procedureId: string,
    devices: ReadonlyArray<{ id: string }>,
    as = 'owner',
  ): Promise<{ batchId: string; operationIds: string[] }> {
    const deviceIds = devices.map((device) => device.id);
    const reply = await ask(app, 'POST', '/api/operations', { as, body: { procedureId, deviceIds } });
    if (reply.status !== 200) throw new Error(`not run: ${JSON.stringify(reply)}`);
    const batchId = String(reply.body['id']);
    const rows = await this.web.rows<{ id: string; device_id: string }>(
      'SELECT id, device_id FROM core.operations WHERE batch_id = $1',
      [batchId],
    );
    return { batchId, operationIds: deviceIds.map((id) => rows.find((row) => row.device_id === id)?.id ?? '') };
  }

  async sync(app: NestFastifyApplication, device: TestDevice, fields: Partial<Sync> = {}): Promise<SyncReply> {
    const body: Sync = { agentVersion: '1.0.0', mapVersion: 0, capacity: 20, reports: [], holding: [], ...fields };
    const reply = await ask(app, 'POST', '/sync', { certificate: device.certificate, body });
    if (reply.status !== 200) throw new Error(`no sync: ${JSON.stringify(reply)}`);
    return reply.body as unknown as SyncReply;
  }

  async stateOf(operationId: string): Promise<{ state: string; reason: string; ended_by: string | null }> {
    const [row] = await this.web.rows<{ state: string; reason: string; ended_by: string | null }>(
      'SELECT state, reason, ended_by FROM core.operations WHERE id = $1',
      [operationId],
    );
    if (!row) throw new Error(`no operation ${operationId}`);
    return row;
  }

  /** The states that it went through, in order. */
  async historyOf(operationId: string): Promise<string[]> {
    const rows = await this.web.rows<{ state: string }>(
      'SELECT state FROM core.operation_transitions WHERE operation_id = $1 ORDER BY number',
      [operationId],
    );
    return rows.map((row) => row.state);
  }
}

export const report = (
  operationId: string,
  outcome: OperationReport['outcome'],
  fields: Partial<OperationReport> = {},
): OperationReport => ({ operationId, outcome, at: new Date().toISOString(), ...fields });

export const payloadOf = (signed: Signed): OperationPayload => JSON.parse(signed.payload) as OperationPayload;
export const cancelOf = (signed: Signed): CancelPayload => JSON.parse(signed.payload) as CancelPayload;
export const idsOf = (signed: readonly Signed[]): string[] => signed.map((one) => payloadOf(one).operationId);
