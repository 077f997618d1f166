import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readDevice } from '@muster/contracts';
import type { Api } from './api';
import { outputOf, start, untilEnded } from './procedures';
import { data, until } from './stack';

export interface AgentStatus {
  pid: number;
  version: string;
  deviceId: string;
  connected: boolean;
  lastSync?: string;
}

/** Longer than a version may take to get green here, and much shorter than the hour after which devices ask by themselves. */
export const UPDATE_SECONDS = 150;

/** A real agent under its launcher, as its files tell of it. */
export class UpdatingAgent {
  /** @param state its own folder @param installed the launcher's */
  constructor(
    private readonly state: string,
    private readonly installed: string,
  ) {}

  /** The stack's own. */
  static ofStack = (): UpdatingAgent => new UpdatingAgent(join(data, 'agent-state'), join(data, 'agent'));
  /** One that the install line has installed. @param at where a path of its machine is for the tests */
  static on = (at: (path: string) => string): UpdatingAgent =>
    new UpdatingAgent(at('/var/lib/muster-agent'), at('/opt/muster-agent'));

  get status(): AgentStatus {
    return JSON.parse(readFileSync(join(this.state, 'status.json'), 'utf8')) as AgentStatus;
  }
  /** The version that the launcher starts. */
  get current(): string {
    return readFileSync(join(this.installed, 'current'), 'utf8').trim();
  }

  /** Until it runs as this version, both sides say that it is connected, and it runs what it is asked. @throws Error saying what did not come true */
  async untilGreenAs(admin: Api, version: string, before: AgentStatus): Promise<void> {
    await until(
      `${version} is green`,
      async () => {
        const { version: running, pid, connected, lastSync } = this.status;
        if (running !== version || pid === before.pid || !connected || !lastSync) return false;
        const seen = await admin.call(readDevice, { params: { id: before.deviceId } });
        return seen.presence === 'online' && seen.agentVersion === version;
      },
      UPDATE_SECONDS,
    );
    const { id } = await start(admin, before.deviceId, 'echo still here');
    if ((await untilEnded(admin, id)).state !== 'COMPLETED')
      throw new Error(`${version} does not run what it is asked`);
    if ((await outputOf(admin, id)) !== 'still here\n')
      throw new Error(`${version} does not say what a procedure says`);
  }
}
