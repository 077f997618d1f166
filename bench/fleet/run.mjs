/**
 * A fleet of simulated devices against a running stack: each has its own key, certificate, broker connection and spool,
 * enrols through the front door, syncs and reports. Ends with one JSON object on the last line.
 *
 *   npm start -- --data /tmp/bench --ports 30000 --no-agent        (elsewhere)
 *   npm run bench -- fleet --data /tmp/bench --ports 30000 --devices 1000 --rate 1500 --seconds 600 --json
 *
 *   --devices N          how many (100)
 *   --rate R             reports a second in all, open loop (0.015 for each device)
 *   --seconds S          how long, after the warm-up (60)
 *   --warm-up S          not measured (10)
 *   --new-connections    a TLS connection with client certificate for each report, instead of a kept one
 *   --at-once N          enrolments under way at any time (100)
 *   --data, --ports      which local stack
 *   --json               nothing but the JSON object on standard output
 */
import { loadavg, setPriority } from 'node:os';
import { parseArgs } from 'node:util';
import { BenchDevice } from '../push-broker/device.mjs';
import { testing } from '../testing.mjs';
import { growth, storageOf, tableBytes } from './growth.mjs';
import { packedHourBytes } from './packed-hour.mjs';
import { ownCpuSeconds, Stack } from './stack.mjs';

const REPORTS_PER_DEVICE_PER_SECOND = 0.015;

/** Nice value of this process. */
const PRIORITY = -10;

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '100' },
    rate: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    'warm-up': { type: 'string', default: '10' },
    'new-connections': { type: 'boolean', default: false },
    'at-once': { type: 'string', default: '100' },
    data: { type: 'string', default: '.muster' },
    ports: { type: 'string', default: '8000' },
    json: { type: 'boolean', default: false },
  },
});
const count = Number(values.devices);
const rate = Number(values.rate ?? count * REPORTS_PER_DEVICE_PER_SECOND);
const seconds = Number(values.seconds);
const connection = values['new-connections'] ? 'new' : 'kept';
const warmUpSeconds = Number(values['warm-up']);
const say = (line) => void (values.json ? process.stderr : process.stdout).write(`${line}\n`);

const {
  doubledRows,
  Ledger,
  LoadDevice,
  madeRows,
  openLoop,
  otherDigests,
  percentile,
  ReportMaker,
  sendLostSections,
  storedRows,
} = await testing('load/index');
const stack = Stack.find(values);
preferThisProcess();
const packed = await packedHourBytes(new ReportMaker(1), REPORTS_PER_DEVICE_PER_SECOND);
say(`${count} devices, ${rate} reports/s for ${seconds} s, ${connection} connections; load ${loadavg()[0].toFixed(1)}`);

const { anchors, hostName, httpsPort } = stack;
const front = { address: '127.0.0.1', port: httpsPort, hostName, anchors };
const devices = [];
for (let number = 0; number < count; number++) devices.push(await LoadDevice.create(number, front));

const enrolment = await enrolAll();
say(`enrolled ${round(enrolment.perSecond)}/s; 99 % green after ${round(enrolment.secondsToGreen99)} s`);

const ledger = new Ledger();
await sendInventories();
const first = { ...ledger.takenOf };
const before = { parts: stack.parts(), tables: await stack.database(tableBytes), cpu: ownCpuSeconds() };
const load = await reportAll();
const after = { parts: stack.parts(), cpu: ownCpuSeconds() };
say(
  `${round(load.perSecond)}/s taken, p50 ${round(load.p50)} ms, p99 ${round(load.p99)} ms; others ${JSON.stringify(ledger.others)}`,
);

const rest = await stack.database(async (client) => {
  const { lost, seconds: untilStored } = await ledger.settle(client);
  for (const sent of await sendLostSections(client, settled())) ledger.note(sent);
  const late = (await ledger.settle(client)).lost;
  const doubled = doubledRows(await storedRows(client, devices), madeRows(devices));
  const otherSections = (await otherDigests(client, settled())).length;
  const tables = await tableBytes(client);
  return { lost: Math.max(lost, late), untilStored, doubled, otherSections, tables };
});
say(
  `stored ${round(rest.untilStored)} s after the load; lost ${rest.lost}, doubled ${rest.doubled}, other inventories ${rest.otherSections}`,
);

console.log(
  JSON.stringify({
    devices: count,
    enrolledPerSecond: round(enrolment.perSecond),
    secondsToGreen99: round(enrolment.secondsToGreen99),
    requestsPerSecond: round(load.perSecond),
    p50Ms: round(load.p50),
    p99Ms: round(load.p99),
    lost: rest.lost,
    doubled: rest.doubled,
    otherSections: rest.otherSections,
    taken: ledger.takenOf,
    notTaken: ledger.others,
    refused: ledger.refused,
    secondsUntilStored: round(rest.untilStored),
    parts: [
      ...usedByParts(),
      { name: 'load', cpuSeconds: round(after.cpu - before.cpu), residentBytes: process.memoryUsage().rss },
    ],
    ...storage(),
  }),
);
process.exit(0);

/**
 * Devices do not compete with servers for cores, and this process does: what it waits for one itself would count as the
 * suite's latency. So it goes first where it may; what it takes is still taken from the servers.
 */
function preferThisProcess() {
  try {
    setPriority(PRIORITY);
  } catch {
    say('without the right to go before the servers: latencies count what this process waits for a core, too');
  }
}

async function enrolAll() {
  const already = await stack.online();
  const begin = performance.now();
  const elapsed = () => (performance.now() - begin) / 1000;
  const wanted = already + Math.ceil(count * 0.99);
  const green = (async () => {
    for (;;) {
      const online = await stack.online();
      if (online >= wanted) return elapsed();
      if (elapsed() > 600) throw new Error(`only ${online - already} devices are green after 10 minutes`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  })();
  const queue = [...devices];
  let lastEnrolled = 0;
  const worker = async () => {
    for (let device = queue.shift(); device; device = queue.shift()) {
      await device.enrol(stack.secrets.firstRegistrationKey);
      lastEnrolled = elapsed();
      const { address, port, hostName: domain, secureContext } = device.dial('push');
      const push = new BenchDevice(device.id, () => undefined);
      await push.connect({ port, host: address, domain, secureContext });
      await device.sync();
    }
  };
  await Promise.all(Array.from({ length: Number(values['at-once']) }, worker));
  return { perSecond: count / lastEnrolled, secondsToGreen99: await green };
}

async function reportAll() {
  const latencies = [];
  const bySecond = [];
  let taken = 0;
  const measured = (milliseconds, sent, dueMs) => {
    ledger.note(sent);
    if (dueMs < warmUpSeconds * 1000) return;
    latencies.push(milliseconds);
    (bySecond[Math.floor(dueMs / 1000)] ??= []).push(milliseconds);
    if (sent.status === 202) taken++;
  };
  const send = (number) => devices[number % count].report(connection);
  await openLoop({ rate, seconds: warmUpSeconds + seconds, send, measured });
  tellWorst(bySecond);
  const sorted = Float64Array.from(latencies).sort();
  return { perSecond: taken / seconds, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
}

/** The seconds with the longest latencies, for a look at what stalled then. */
function tellWorst(bySecond) {
  const seconds = bySecond.map((of, second) => ({
    second,
    p99: percentile(
      of.sort((a, b) => a - b),
      0.99,
    ),
  }));
  const worst = seconds.filter(Boolean).sort((a, b) => b.p99 - a.p99);
  say(
    `worst seconds: ${worst
      .slice(0, 8)
      .map(({ second, p99 }) => `${second} (p99 ${round(p99)} ms)`)
      .join(', ')}`,
  );
}

function usedByParts() {
  const used = (name) => before.parts.find((part) => part.name === name)?.cpuSeconds ?? 0;
  return after.parts.map(({ name, cpuSeconds, residentBytes }) => ({
    name,
    cpuSeconds: round(cpuSeconds - used(name)),
    residentBytes,
  }));
}

/** Devices of which nothing is on its way: both ends should have the same inventory. */
function settled() {
  return devices.filter(({ backlog }) => backlog === 0);
}

/** Each device's first inventory, whole: not a part of what is measured. */
async function sendInventories() {
  const queue = [...devices];
  const worker = async () => {
    for (let device = queue.shift(); device; device = queue.shift()) ledger.note(await device.sendInventory());
  };
  await Promise.all(Array.from({ length: Math.min(20, Number(values['at-once'])) }, worker));
  const { lost } = await stack.database((client) => ledger.settle(client, 300));
  if (lost > 0) throw new Error(`${lost} first inventories were not stored within 5 minutes`);
}

/** What the database grew by, brought to what a device reports in a day: so many samples, and of the rest as many as the load made for each. */
function storage() {
  const samples = ledger.takenOf.samples - first.samples;
  const bytes = Object.fromEntries(growth(before.tables, rest.tables));
  return storageOf(bytes, samples, REPORTS_PER_DEVICE_PER_SECOND, packed);
}

function round(value) {
  return Math.round(value * 100) / 100;
}
