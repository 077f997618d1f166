/**
 * All connections break at once and dial again at once, as after a network came back. Messages that were pushed to them
 * meanwhile wait; when is everybody back, and has everybody got theirs?
 *
 *   npm run -s bench -- broker-storm [--connections 10000] [--messages 1000]
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { percentiles } from './figures.mjs';
import { mib, say, withLoneBroker } from './lone-broker.mjs';
import { usageOf } from './usage.mjs';

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '10000' },
    /** Pushed while nobody is there, each to one connection at random. */
    messages: { type: 'string', default: '1000' },
  },
});
const [connections, count] = [values.connections, values.messages].map(Number);

await withLoneBroker(connections, async ({ server, client, where }) => {
  await pause(5000);
  const base = usageOf(server.pid);
  await client.do('connect', { ...where, concurrency: 64 });
  await pause(5000);
  const before = usageOf(server.pid);
  await client.do('cut');
  await pause(2000);
  const push = { ...server.push, port: server.httpPort };
  const { failures } = await client.do('push', { ...push, rate: 500, count, patience: 0 });
  if (failures) throw new Error(`pushes were refused: ${JSON.stringify(failures)}`);
  say(`${connections} connections are gone, ${count} messages wait`);

  const cut = usageOf(server.pid);
  let peak = 0;
  const watching = setInterval(() => (peak = Math.max(peak, usageOf(server.pid).rss)), 500);
  const { waits, attempts, errors } = await client.do('storm');
  const back = usageOf(server.pid);
  const { arrived } = await client.do('arrivals');
  await pause(10_000);
  clearInterval(watching);
  const after = usageOf(server.pid);
  const sorted = waits.toSorted((left, right) => left - right);
  const secondsUntil = (share) => Number((sorted[Math.ceil(sorted.length * share) - 1] / 1000).toFixed(2));
  return {
    backSeconds: { half: secondsUntil(0.5), most: secondsUntil(0.99), all: secondsUntil(1) },
    waitMs: percentiles(waits),
    attempts,
    errors,
    messages: { waited: count, arrived },
    cpuMsPerConnection: Number(((back.cpu - cut.cpu) / connections).toFixed(3)),
    memoryMiB: { base: mib(base.rss), before: mib(before.rss), peak: mib(peak), after: mib(after.rss) },
  };
});
