import { type AgentConfig, askUninstall } from '@muster/contracts';
import { Identity } from '../identity/identity';
import { FunctionServer } from '../net/function-server';
import { HttpFailure } from '../net/http-client';
import { deviceDialler } from '../net/map-of-anybody';
import { ServerClock } from '../state/clock';
import { readFileIfThere } from '../state/files';
import { reason } from '../state/log';
import type { StateFolder } from '../state/state-folder';
import { TrustStore } from '../trust/trust-store';

/** `unreachable`: nobody answered, so nobody knows; whoever removes the agent has to say that this is meant. */
export type Verdict = { allowed: true } | { allowed: false; unreachable: boolean; why: string };

/** Asks the server whether this agent may be removed. Writes at most a newer endpoint map, so that the agent may run meanwhile. */
export async function askToUninstall(config: AgentConfig, state: StateFolder, token?: string): Promise<Verdict> {
  // Who is not enrolled is nobody's device.
  if (readFileIfThere(state.identity) === undefined) return { allowed: true };
  const trust = new TrustStore(state.trust, config);
  const clock = new ServerClock(state.clock, config.issuedAt ? Date.parse(config.issuedAt) : 0);
  const parts = { dialler: deviceDialler(trust, clock, config.enrolment), trust, identity: new Identity(state) };
  const server = new FunctionServer(parts, 'sync', '/sync');
  try {
    await server.call(askUninstall, { body: token ? { token } : {} });
    return { allowed: true };
  } catch (error) {
    return verdictOf(error);
  } finally {
    server.close();
  }
}

function verdictOf(error: unknown): Verdict {
  if (error instanceof HttpFailure) {
    if (error.code === 'request-refused') return { allowed: false, unreachable: false, why: error.message };
    // Retired devices are not the server's any more; and servers before this question allow it.
    if (error.code === 'device-revoked' || error.status === 404) return { allowed: true };
  }
  return { allowed: false, unreachable: true, why: reason(error) };
}
