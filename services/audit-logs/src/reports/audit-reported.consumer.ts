import { Injectable } from '@nestjs/common';
import { ConsumesEvent } from '@muster/bus';
import { type AuditReported, auditReported, type ReportedAudit } from '@muster/contracts';
import { Database, takeNew } from '@muster/database';
import { byOrganisation } from '../chain/by-organisation';
import { Chain } from '../chain/chain.service';
import type { Draft } from '../chain/draft';

/** Batches of devices that are written together at most. */
const BATCH = 100;

/** Writes what agents did on their devices into the chain, each report once however often it is sent. */
@Injectable()
export class AuditReportedConsumer {
  constructor(
    private readonly database: Database,
    private readonly chain: Chain,
  ) {}

  @ConsumesEvent(auditReported, { batch: BATCH })
  async store(batches: AuditReported[]): Promise<void> {
    for (const [organisationId, own] of byOrganisation(batches)) {
      const reports = own.flatMap(({ deviceId, spool, actions }) =>
        actions.map((action) => ({ ...action, deviceId, spool })),
      );
      await this.database.inOrganisation(organisationId, async (manager) => {
        const fresh = await takeNew(manager, 'audit', organisationId, reports);
        await this.chain.append(manager, organisationId, fresh.map(draftOf));
      });
    }
  }
}

/** The certificate said who the device is; what it did is its own word. */
const draftOf = ({ deviceId, at, action, operationId, details }: ReportedAudit & { deviceId: string }): Draft => ({
  at,
  actor: { kind: 'device', id: deviceId },
  action,
  outcome: action.endsWith('.refused') ? 'refused' : action.endsWith('.failed') ? 'failed' : 'done',
  ...(operationId === undefined ? {} : { target: { kind: 'operation', id: operationId } }),
  details,
});
