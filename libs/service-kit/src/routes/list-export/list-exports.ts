import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { exportFact, listExported, type Principal, type Route } from '@muster/contracts';
import { Database, Outbox } from '@muster/database';
import { concatMap, type Observable } from 'rxjs';

/** What of a request says whether it takes a list away. */
interface Asked {
  url: string;
  query: unknown;
  muster: { principal?: Principal; address: string };
  routeOptions: { config: { contract?: Route } };
}

/**
 * Makes a fact of every list that somebody takes away as a file, whichever route of the service gives it: when its first
 * page is there, before a byte of it leaves. When the fact cannot be kept, nothing leaves. Needs the outbox, so that services
 * with a schema have it (`ServiceDatabaseModule`) and the others give no lists.
 */
@Injectable()
export class ListExports implements NestInterceptor {
  /** An export may call a handler for each page: one request is one fact. */
  private readonly told = new WeakSet<object>();

  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const request = context.switchToHttp().getRequest<Asked>();
    const { principal, address } = request.muster;
    const { contract } = request.routeOptions.config;
    const query = (request.query ?? {}) as Record<string, unknown>;
    // As it was called: of which device the list is.
    const [path = ''] = request.url.split('?');
    const fact = principal && contract?.list ? exportFact({ principal, address }, path, query) : undefined;
    if (!fact || this.told.has(request)) return next.handle();
    this.told.add(request);
    const tell = (): Promise<void> =>
      this.database.inOrganisation(fact.organisationId, (manager) => this.outbox.add(manager, listExported, fact));
    return next.handle().pipe(concatMap(async (reply) => (await tell(), reply)));
  }
}
