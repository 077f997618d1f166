import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EndpointMap } from '@muster/contracts';
import type { Layout } from './layout';

/**
 * Tells an enrolled agent of the ports of this start. It knows the servers by the endpoint map that it keeps, and where the
 * stack ran with another `--ports` before, nobody answers there who could give it a newer one.
 */
export function followPorts({ agentState, ports }: Pick<Layout, 'agentState' | 'ports'>): void {
  const file = join(agentState, 'trust.json');
  const map = readMap(file);
  if (!map) return;
  const port = (name: string): number => (name === 'push' ? ports.xmpp : ports.https);
  if (map.endpoints.every((endpoint) => endpoint.port === port(endpoint.function))) return;
  const endpoints = map.endpoints.map((endpoint) => ({ ...endpoint, port: port(endpoint.function) }));
  // As the agent writes it: whole, or not at all. The version stays: the server's next map is newer.
  writeFileSync(`${file}.new`, JSON.stringify({ ...map, endpoints }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Undefined before the agent has enrolled, and where the file is damaged: the agent says so itself. */
function readMap(file: string): EndpointMap | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as EndpointMap;
  } catch {
    return undefined;
  }
}
