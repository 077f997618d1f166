/**
 * Lists, searches and filters of the console at the size of a large fleet: fills an organisation of its own on a running
 * stack, then asks through the edge what people ask, one after the other. Ends with one JSON object.
 *
 *   npm start -- --data /tmp/bench --ports 30000 --no-agent        (elsewhere; a fresh one, with some GB of disk)
 *   npm run bench -- console --data /tmp/bench --ports 30000 --devices 100000
 *
 *   --devices N      how many (100000)
 *   --software N     software rows for each (100)
 *   --rows N         operations, audit entries, changes and log lines, each (1000000)
 *   --runs N         how often each page is asked for after the first time; the 95th percentile counts (20)
 *   --password P     of the first administrator, where the one-time password was changed
 *   --filled         the organisation was filled by an earlier run
 *   --plans FILE     where the plans of all queries go (console-plans.txt)
 *   --data, --ports  which local stack
 *   --json           nothing but the JSON object on standard output
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import { Stack } from '../fleet/stack.mjs';
import { fill } from './fill.mjs';
import { Person } from './people.mjs';
import { Plans } from './plans.mjs';
import { queries } from './queries.mjs';

const LIMIT_MS = 150;
const OWNER = 'owner@bench.example';

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '100000' },
    software: { type: 'string', default: '100' },
    runs: { type: 'string', default: '20' },
    rows: { type: 'string', default: '1000000' },
    password: { type: 'string' },
    filled: { type: 'boolean', default: false },
    plans: { type: 'string', default: 'console-plans.txt' },
    data: { type: 'string', default: '.muster' },
    ports: { type: 'string', default: '8000' },
    json: { type: 'boolean', default: false },
  },
});
const say = (line) => void (values.json ? process.stderr : process.stdout).write(`${line}\n`);
const stack = Stack.find(values);
const { status } = stack;
const administrator = await Person.signInFirst(
  stack,
  'admin@muster.localhost',
  stack.secrets.firstAdminPassword,
  values.password,
);
const person = await owner();
const devices = Number(values.devices);
if (!values.filled)
  await stack.database((client) =>
    fill(client, person.organisationId, {
      devices,
      softwarePerDevice: Number(values.software),
      rows: Number(values.rows),
      say,
    }),
  );

writeFileSync(values.plans, '');
const plans = await stack.database((client) =>
  Plans.on(client, status.parts.find(({ name }) => name === 'postgres').log),
);
const timed = [];
try {
  await pause(2000);
  for (const query of queries(await known())) {
    timed.push(await timeOf(query));
    await pause(30); // below the edge's limit of requests for each person
  }
} finally {
  await stack.database((client) => Plans.off(client));
}
console.log(
  JSON.stringify({
    devices,
    softwareRows: devices * Number(values.software),
    limitMs: LIMIT_MS,
    slow: timed.filter(({ p95Ms }) => p95Ms > LIMIT_MS).length,
    queries: timed,
  }),
);

/** Asks once for the plans, with cold caches, and then as often as wanted. */
async function timeOf([name, path, who]) {
  const times = [];
  let bytes = 0;
  plans.since();
  for (let run = 0; run <= Number(values.runs); run++) {
    const reply = await (who === 'administrator' ? administrator : person).call('GET', path);
    if (reply.status !== 200) throw new Error(`${path} answered ${reply.status}: ${reply.text.slice(0, 300)}`);
    bytes = reply.bytes;
    if (run > 0) times.push(reply.milliseconds);
    else {
      await pause(50);
      appendFileSync(values.plans, `\n==== ${name}\n${path}\n${plans.since()}\n`);
    }
  }
  times.sort((left, right) => left - right);
  const at = (part) => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * part))] * 10) / 10;
  const [medianMs, p95Ms, slowestMs] = [at(0.5), at(0.95), at(1)];
  say(
    `${p95Ms > LIMIT_MS ? 'SLOW ' : '     '}${medianMs.toFixed(1).padStart(8)} ${p95Ms.toFixed(1).padStart(8)} ms  ${name}`,
  );
  return { name, medianMs, p95Ms, slowestMs, bytes };
}

/** The owner of the bench's own organisation. */
async function owner() {
  const reply = await administrator.call('POST', '/api/organisations', {
    name: 'Bench',
    ownerEmail: OWNER,
    ownerName: 'Bench',
  });
  const made = reply.status === 200 ? JSON.parse(reply.text) : undefined;
  const signedIn = await Person.signInFirst(stack, OWNER, made?.ownerOneTimePassword ?? '');
  signedIn.organisationId = JSON.parse((await signedIn.call('GET', '/auth/session')).text).user.organisationId;
  return signedIn;
}

async function known() {
  const {
    devices: [device],
  } = JSON.parse((await person.call('GET', '/api/devices?size=1')).text);
  const {
    groups: [group],
  } = JSON.parse((await person.call('GET', '/api/groups')).text);
  const software = JSON.parse(
    (await person.call('GET', '/plugins/software?sort=installations&direction=descending')).text,
  );
  const [{ source, name }] = Object.values(software).find(Array.isArray);
  return { device: device.id, group: group.id, product: String(new URLSearchParams({ source, name })) };
}
