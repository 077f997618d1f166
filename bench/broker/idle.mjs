/**
 * Many connections that do nothing for long: what stays of memory, what processor time it costs, who is lost.
 *
 *   npm run -s bench -- broker-idle [--connections 15000] [--minutes 60] [--every 60]
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { mib, say, withLoneBroker } from './lone-broker.mjs';
import { usageOf } from './usage.mjs';

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '15000' },
    minutes: { type: 'string', default: '60' },
    /** Seconds between two looks. */
    every: { type: 'string', default: '60' },
  },
});
const [connections, minutes, every] = [values.connections, values.minutes, values.every].map(Number);

await withLoneBroker(connections, async ({ server, client, where }) => {
  await pause(5000);
  const base = usageOf(server.pid);
  const { seconds } = await client.do('connect', { ...where, concurrency: 64 });
  say(`${connections} connections in ${seconds.toFixed(1)} s`);
  await client.do('watch');
  await pause(5000);
  const start = usageOf(server.pid);
  const samples = [];
  for (const end = Date.now() + minutes * 60_000; Date.now() < end;) {
    const before = usageOf(server.pid);
    await pause(Math.min(every * 1000, Math.max(0, end - Date.now())));
    const now = usageOf(server.pid);
    const { open, pings } = await client.do('status');
    samples.push({
      minute: Number(((minutes * 60_000 - (end - Date.now())) / 60_000).toFixed(1)),
      memoryMiB: mib(now.memory),
      cpuMs: now.cpu - before.cpu,
      open,
      pings,
    });
    say(JSON.stringify(samples.at(-1)));
  }
  const last = usageOf(server.pid);
  const { lost, reasons, pings } = await client.do('status');
  return {
    minutes,
    baseMiB: mib(base.memory),
    startMiB: mib(start.memory),
    endMiB: mib(last.memory),
    kibPerConnection: Number(((last.memory - base.memory) / connections).toFixed(1)),
    shareOfACore: Number(((last.cpu - start.cpu) / (minutes * 60_000)).toFixed(4)),
    pings,
    lost,
    reasons,
    samples,
  };
});
