import type { Principal, Route } from '@muster/contracts';

/** What the kit knows about a request, from its first hook on. */
export interface RequestState {
  correlationId: string;
  /** The client's address as the edge saw it. */
  address: string;
  startedAt: number;
  /** Of the body after decompression, once it is read. */
  bodyBytes?: number;
  principal?: Principal;
}

declare module 'fastify' {
  interface FastifyRequest {
    muster: RequestState;
  }
  interface FastifyContextConfig {
    /** The route's contract; absent on the kit's own addresses. */
    contract?: Route;
  }
}
