import { readDevice, type Presence } from '@muster/contracts';
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Api } from './api';
import { data, kill, until } from './stack';

/** What the stack's own agent says about itself. */
interface AgentStatus {
  pid: number;
  deviceId: string;
  connected: boolean;
  lastSync: string;
}
const readStatus = (): AgentStatus =>
  JSON.parse(readFileSync(join(data, 'agent-state/status.json'), 'utf8')) as AgentStatus;

export const presenceOf = async (api: Api, id: string): Promise<Presence> =>
  (await api.call(readDevice, { params: { id } })).presence;

/**
 * Until both sides say that the stack's agent is connected, the agent by a sync after a moment and by another process
 * than the one that was killed: what is left from before the fault does not count.
 */
export async function untilConnected(api: Api, { since, notPid }: { since: Date; notPid?: number }): Promise<void> {
  await until(`the agent has connected after ${since.toISOString()}`, async () => {
    const { pid, deviceId, connected, lastSync } = readStatus();
    const anew = connected && pid !== notPid && Date.parse(lastSync) > since.getTime();
    return anew && (await presenceOf(api, deviceId)) === 'online';
  });
}

/** Ends the stack's agent and keeps it from starting. @returns what lets it start again */
export async function takeAgentAway(): Promise<() => void> {
  const launcher = join(data, 'agent/launcher.mjs');
  renameSync(launcher, `${launcher}.away`);
  await kill('agent');
  return () => renameSync(`${launcher}.away`, launcher);
}
