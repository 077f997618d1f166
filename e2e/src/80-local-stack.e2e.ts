import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SecondStack } from './harness/second-stack';
import { until } from './harness/stack';

/** This one is killed. */
let stack: SecondStack;
beforeAll(async () => {
  stack = await SecondStack.make();
  await stack.start();
});
afterAll(() => stack.close());

const partPids = (): number[] => stack.parts().map(({ pid }) => pid);

/** Parts of the second stack and their children, by what they were started with: an argument, or a server's title. */
function processes(): string[] {
  const parts = new Set(everyPart);
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        const ours = command.includes(stack.data) || parts.has(Number(group));
        return ours && state !== 'Z' ? [`${pid} ${command}`] : [];
      } catch {
        return []; // it ended meanwhile
      }
    });
}
/** Of all starts so far; each part leads a process group. */
const everyPart: number[] = [];

describe('the local stack', () => {
  it('runs as processes that can be told from others', () => {
    everyPart.push(...partPids());
    expect(everyPart).toHaveLength(14);
    expect(processes().length).toBeGreaterThan(14);
  });

  it.runIf(process.getuid?.() === 0)('gives the services no rights when root started it', () => {
    const users = everyPart.map((pid) =>
      Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^Uid:\s+(\d+)/m)?.[1]),
    );
    expect(users.filter((uid) => uid === 0)).toHaveLength(1); // nginx's main process, which opens the ports
  });

  it('says that it runs when it is started again on the same data', async () => {
    const second = stack.launch();
    expect(await second.ended).toBe(1);
    expect(second.said()).toBe(
      `Muster already runs here (pid ${stack.pid}); stop it with Ctrl-C in its terminal or "kill ${stack.pid}".\n`,
    );
  });

  it('leaves no process when its supervisor is killed', async () => {
    await stack.end('SIGKILL');
    await until('every process has ended', async () => processes().length === 0, 15);
  });

  it('starts again on the same data', async () => {
    const before = stack.secrets();
    await stack.start();
    everyPart.push(...partPids());
    expect(stack.said()).not.toContain('(first start)');
    expect(stack.said()).toContain(before.firstAdminPassword); // nobody has changed it
    expect(stack.secrets()).toEqual(before);
  });

  it('leaves no process after Ctrl-C', async () => {
    expect(await stack.end()).toBe(0);
    expect(stack.said()).toMatch(/Everything has ended\.\n$/);
    expect(processes()).toEqual([]);
  });
});
