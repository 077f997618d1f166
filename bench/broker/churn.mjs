/**
 * All connections are opened and closed again and again: does memory come back, or does it grow with each cycle?
 *
 *   npm run -s bench -- broker-churn [--connections 5000] [--cycles 6] [--settle 10]
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { mib, say, withLoneBroker } from './lone-broker.mjs';
import { usageOf } from './usage.mjs';

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '5000' },
    cycles: { type: 'string', default: '6' },
    /** Seconds after connecting, and after closing, before memory is read. */
    settle: { type: 'string', default: '10' },
  },
});
const [connections, count, settle] = [values.connections, values.cycles, values.settle].map(Number);

await withLoneBroker(connections, async ({ server, client, where }) => {
  await pause(5000);
  const base = usageOf(server.pid);
  const cycles = [];
  for (let cycle = 1; cycle <= count; cycle++) {
    const before = usageOf(server.pid);
    const { seconds } = await client.do('connect', { ...where, concurrency: 64 });
    const after = usageOf(server.pid);
    await pause(settle * 1000);
    const connected = usageOf(server.pid);
    await client.do('disconnect');
    await pause(settle * 1000);
    const closed = usageOf(server.pid);
    cycles.push({
      cycle,
      perSecond: Math.round(connections / seconds),
      cpuMsPerConnection: Number(((after.cpu - before.cpu) / connections).toFixed(3)),
      connectedMiB: mib(connected.rss),
      closedMiB: mib(closed.rss),
    });
    say(JSON.stringify(cycles.at(-1)));
  }
  return { baseMiB: mib(base.rss), settleSeconds: settle, cycles };
});
