import { Injectable } from '@nestjs/common';
import { ConsumesEvent, type Delivery } from '@muster/bus';
import type { ActionFact } from '@muster/contracts';
import { Database } from '@muster/database';
import { Chain } from '../chain/chain.service';
import type { Draft } from '../chain/draft';
import { byOrganisation } from '../chain/by-organisation';
import { FACTS } from './all-facts';
import type { FactMapping } from './fact-mapping';

/** Facts of one kind that are written together at most. */
const FACT_BATCH = 200;
const LONGEST_CORRELATION_ID = 64;

/** Writes every fact into the chain of its organisation, once for each message however often that is delivered. */
@Injectable()
export class FactsConsumer {
  constructor(
    private readonly database: Database,
    private readonly chain: Chain,
  ) {}

  async record(mapping: FactMapping, facts: readonly ActionFact[], deliveries: readonly Delivery[]): Promise<void> {
    const drafts = facts.map((payload, index) => ({
      organisationId: payload.organisationId,
      draft: { ...mapping.draft(payload), ...sourceOf(deliveries[index]) },
    }));
    for (const [organisationId, own] of byOrganisation(drafts)) {
      await this.database.inOrganisation(organisationId, (manager) =>
        this.chain.append(
          manager,
          organisationId,
          own.map(({ draft }) => draft),
        ),
      );
    }
  }
}

function sourceOf(delivery: Delivery | undefined): Pick<Draft, 'messageId' | 'correlationId'> {
  if (!delivery) return {};
  const { messageId, correlationId } = delivery;
  return { messageId, ...(correlationId.length <= LONGEST_CORRELATION_ID ? { correlationId } : {}) };
}

/** One consuming method for each mapping, as if each were written out with its decorator. */
for (const mapping of FACTS) {
  const name = `record ${mapping.event.subject}`;
  const value = function (this: FactsConsumer, facts: ActionFact[], deliveries: Delivery[]): Promise<void> {
    return this.record(mapping, facts, deliveries);
  };
  const descriptor = { value, configurable: true, writable: true, enumerable: false };
  ConsumesEvent(mapping.event, { batch: FACT_BATCH })(FactsConsumer.prototype, name, descriptor);
  Object.defineProperty(FactsConsumer.prototype, name, descriptor);
}
