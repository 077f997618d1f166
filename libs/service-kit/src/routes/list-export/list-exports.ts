import { Injectable } from '@nestjs/common';
import { exportFact, listExported } from '@muster/contracts';
import { Database, Outbox } from '@muster/database';
import { type Admitted, BeforeExport } from '../call-steps';

/**
 * Makes a fact of every list that somebody takes away as a file, whichever route of the service gives it. When the fact
 * cannot be kept, nothing leaves. Needs the outbox, so that services with a schema have it (`ServiceDatabaseModule`) and the
 * others give no lists.
 */
@Injectable()
export class ListExports extends BeforeExport {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {
    super();
  }

  async before({ principal, call, url }: Admitted): Promise<void> {
    if (!principal) return;
    // As it was called: of which device the list is.
    const { pathname, searchParams } = new URL(url, 'http://service');
    const query = Object.fromEntries(searchParams);
    const fact = exportFact({ principal, address: call.address }, pathname, query);
    if (!fact) return;
    await this.database.inOrganisation(fact.organisationId, (manager) => this.outbox.add(manager, listExported, fact));
  }
}
