/**
 * Lists, searches and filters of the console at the size of a large fleet: fills an organisation of its own on a running
 * stack, then asks through the edge what people ask, one after the other. Ends with one JSON object.
 *
 *   npm start -- --data /tmp/bench --ports 30000 --no-agent        (elsewhere; a fresh one, with some GB of disk)
 *   npm run bench -- console --data /tmp/bench --ports 30000 --devices 100000
 *
 *   --devices N      how many (100000)
 *   --software N     software rows for each (100)
 *   --runs N         how often each page is asked for; the median counts (9)
 *   --filled         the organisation was filled by an earlier run
 *   --plans FILE     where the plans of all queries go (console-plans.txt)
 *   --data, --ports  which local stack
 *   --json           nothing but the JSON object on standard output
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
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
    runs: { type: 'string', default: '9' },
    filled: { type: 'boolean', default: false },
    plans: { type: 'string', default: 'console-plans.txt' },
    data: { type: 'string', default: '.muster' },
    ports: { type: 'string', default: '8000' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  const text = readFileSync(new URL(import.meta.url), 'utf8');
  console.log(text.slice(text.indexOf('/**') + 3, text.indexOf('*/')).replace(/^ \* ?/gm, ''));
  process.exit(0);
}
const say = (line) => void (values.json ? process.stderr : process.stdout).write(`${line}\n`);
const stack = Stack.find(values);
const { status } = stack;
const person = await owner();
const devices = Number(values.devices);
if (!values.filled)
  await stack.database((client) =>
    fill(client, person.organisationId, { devices, softwarePerDevice: Number(values.software), say }),
  );

writeFileSync(values.plans, '');
const plans = await stack.database((client) =>
  Plans.on(client, status.parts.find(({ name }) => name === 'postgres').log),
);
await pause(2000);
const timed = [];
for (const [name, path] of queries(await known())) {
  const times = [];
  let bytes = 0;
  plans.since();
  for (let run = 0; run <= Number(values.runs); run++) {
    const reply = await person.call('GET', path);
    if (reply.status !== 200) throw new Error(`${path} answered ${reply.status}: ${reply.text.slice(0, 300)}`);
    bytes = reply.bytes;
    if (run > 0) times.push(reply.milliseconds);
    else {
      await pause(50);
      appendFileSync(values.plans, `\n==== ${name}\n${path}\n${plans.since()}\n`);
    }
  }
  times.sort((left, right) => left - right);
  const [median, slowest] = [times[times.length >> 1], times.at(-1)].map((ms) => Math.round(ms * 10) / 10);
  timed.push({ name, medianMs: median, slowestMs: slowest, bytes });
  say(`${median > LIMIT_MS ? 'SLOW ' : '     '}${median.toFixed(1).padStart(8)} ms  ${name}`);
  await pause(30); // below the edge's limit of requests for each person
}
await stack.database((client) => Plans.off(client));
console.log(
  JSON.stringify({
    devices,
    softwareRows: devices * Number(values.software),
    limitMs: LIMIT_MS,
    slow: timed.filter(({ medianMs }) => medianMs > LIMIT_MS).length,
    queries: timed,
  }),
);

/** The owner of the bench's own organisation. */
async function owner() {
  const admin = await Person.signInFirst(stack, 'admin@muster.localhost', stack.secrets.firstAdminPassword);
  const reply = await admin.call('POST', '/api/organisations', {
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
  return { device: device.id, group: group.id };
}
