/**
 * Development only, never shipped: `node console/dev/mock-server.mjs [port]` serves console/dist with made-up data, and
 * with the content security policy that the edge sends. Sign in as owner@example.org (any password), readonly@… for the
 * role, first@… for the first password, locked@… for the lock-out.
 */
import { createServer } from 'node:http';
import { readFileSync, existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import { WebSocketServer } from 'ws';

const port = Number(process.argv[2] ?? 38123);
const dist = new URL('../dist/', import.meta.url).pathname;
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
const PERMISSIONS =
  'devices.read devices.write devices.retire operations.read operations.run operations.cancel procedures.read procedures.write groups.read groups.write registration-keys.read registration-keys.write users.read users.write sessions.manage tokens.manage organisations.read organisations.write dead-letters.read dead-letters.replay'.split(
    ' ',
  );
let counter = 0;
const uuid = () => `01930000-0000-7000-8000-${String(++counter).padStart(12, '0')}`;
const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
const ahead = (seconds) => ago(-seconds);

const PRESENCES = ['online', 'online', 'online', 'polling', 'offline', 'unknown'];
const OS = [
  ['linux', 'Debian GNU/Linux 12 (bookworm)'],
  ['windows', 'Microsoft Windows 11 Pro 24H2'],
  ['macos', 'macOS 15.1 Sequoia'],
];
const groups = ['Berlin office', 'Build servers', 'Laptops'].map((name, i) => ({
  id: uuid(),
  name,
  description: i ? '' : 'Everything on the third floor',
  deviceCount: 0,
  createdAt: ago(8e6),
}));
const devices = Array.from({ length: 137 }, (_, i) => {
  const [platform, osName] = OS[i % 3];
  return {
    id: uuid(),
    name: i % 9 === 4 ? `Front desk ${i}` : `${['web', 'build', 'lap', 'db'][i % 4]}-${String(i).padStart(3, '0')}`,
    hostName: `${['web', 'build', 'lap', 'db'][i % 4]}-${String(i).padStart(3, '0')}`,
    presence: PRESENCES[i % 6],
    platform,
    osName,
    agentVersion: '0.1.0',
    user: i % 2 ? `user${i}` : undefined,
    lastContactAt: ago(i * 700),
    enrolledAt: ago(9e6 - i * 5000),
    attention: i % 17 === 3,
    group: groups[i % 4]?.id,
  };
});
for (const group of groups) group.deviceCount = devices.filter((device) => device.group === group.id).length;
const without = (row, name) => Object.fromEntries(Object.entries(row).filter(([key]) => key !== name));
const summary = (device) => without(device, 'group');
const detail = (device) => ({
  ...summary(device),
  address: '192.0.2.17',
  factsAt: ago(4000),
  groups: groups.filter(({ id }) => id === device.group).map(({ id, name }) => ({ id, name })),
  mergeQuestionIds: device.id === devices[3].id ? [uuid()] : [],
  facts: {
    hostName: device.hostName,
    platform: device.platform,
    osName: device.osName,
    osVersion: '12.8',
    kernel: '6.1.0-28-amd64',
    architecture: 'x64',
    manufacturer: 'LENOVO',
    model: 'ThinkPad X1 Carbon Gen 11',
    serialNumber: 'PF4ABC12',
    processor: '13th Gen Intel(R) Core(TM) i7-1365U',
    processorCount: 12,
    memoryBytes: 34359738368,
    uptimeSeconds: 512345,
    user: device.user,
    timeZone: 'Europe/Berlin',
    disks: [
      { mountPoint: '/', fileSystem: 'ext4', sizeBytes: 5e11, freeBytes: 2.1e11 },
      { mountPoint: '/var/lib/docker', fileSystem: 'xfs', sizeBytes: 2e11, freeBytes: 9e9 },
    ],
    networks: [{ name: 'enp0s31f6', mac: '52:54:00:12:34:56', addresses: ['192.0.2.17', 'fe80::5054:ff:fe12:3456'] }],
    languages: ['sh', 'bash', 'python'],
    agentVersion: '0.1.0',
  },
});
const procedures = ['Clear package cache', 'Collect logs', 'Restart service'].map((name, i) => ({
  id: uuid(),
  name,
  description: 'What it does, in a sentence.',
  language: ['sh', 'bash', 'python'][i],
  script: '#!/bin/sh\nset -eu\nfor i in 1 2 3; do\n\techo "step $i of $MUSTER_SERVICE"\n\tsleep 1\ndone\n',
  parameters: i === 2 ? [{ name: 'service', label: 'Service to restart', required: true, defaultValue: 'nginx' }] : [],
  timeLimitSeconds: 600,
  version: i + 1,
  createdAt: ago(5e6),
  updatedAt: ago(7000),
  updatedBy: 'owner@example.org',
}));
const operations = [];
const batches = new Map();
const outputs = new Map();
function addOperation(batchId, device, title, state, reason) {
  const operation = {
    id: uuid(),
    batchId,
    deviceId: device.id,
    deviceName: device.name,
    kind: 'procedure',
    title,
    state,
    reason,
    requestedBy: 'owner@example.org',
    createdAt: ago(300),
    changedAt: ago(60),
    expiresAt: ahead(600000),
    exitCode: state === 'ERROR' ? 2 : state === 'COMPLETED' ? 0 : undefined,
    durationMs: state === 'COMPLETED' || state === 'ERROR' ? 5321 : undefined,
    cancelRequested: false,
    transitions: [{ state: 'PENDING', reason: 'Asked for by owner@example.org', at: ago(300) }],
  };
  if (state !== 'PENDING') operation.transitions.push({ state, reason, at: ago(60) });
  operations.unshift(operation);
  outputs.set(operation.id, []);
  return operation;
}
const STATES = ['COMPLETED', 'ERROR', 'IN_PROGRESS', 'PENDING', 'NOT_NOW', 'EXPIRED', 'CANCELLED', 'NOTIFIED'];
const first = uuid();
batches.set(first, { id: first, title: 'Collect logs', requestedBy: 'owner@example.org', createdAt: ago(300) });
devices.slice(0, 24).forEach((device, i) => {
  const state = STATES[i % 8];
  const operation = addOperation(first, device, 'Collect logs', state, `The device reported ${state}.`);
  const pieces = outputs.get(operation.id);
  if (state === 'COMPLETED')
    for (let n = 0; n < 300; n++)
      pieces.push({
        number: n,
        stream: n % 7 === 3 ? 'stderr' : 'stdout',
        text: `\u001b[32mline\u001b[0m ${n} of a long output, with\ttabs and <b>no</b> markup\n`.repeat(40),
      });
  if (state === 'ERROR') pieces.push({ number: 0, stream: 'stderr', text: 'sh: 3: no-such-thing: not found\n' });
});
const batchReply = (batch) => {
  const own = operations.filter(({ batchId }) => batchId === batch.id);
  const states = [...new Set(own.map(({ state }) => state))].map((state) => ({
    state,
    count: own.filter((o) => o.state === state).length,
  }));
  return { ...batch, deviceCount: own.length, states };
};
const keys = [
  ['Berlin laptops', 'active', 50, ahead(9e6)],
  ['Old key', 'revoked'],
  ['Spent', 'spent', 3],
].map(([name, state, deviceLimit, expiresAt], i) => ({
  id: uuid(),
  name,
  key: 'K'.repeat(24),
  groupId: i ? undefined : groups[0].id,
  deviceLimit,
  devicesEnrolled: 3,
  expiresAt,
  state,
  createdAt: ago(1e6),
  createdBy: 'owner@example.org',
  installLines: ['install', 'uninstall'].map((purpose) => ({
    platform: 'linux',
    purpose,
    line: `curl -fsSk https://itsm.example.org/ca.crt -o /tmp/ca && echo "${'ab12'.repeat(16)}  /tmp/ca" | sha256sum -c && curl --cacert /tmp/ca https://itsm.example.org/bip/${'K'.repeat(24)}/${purpose}.sh | sh`,
  })),
}));
let questions = [
  {
    id: uuid(),
    known: summary(devices[3]),
    newcomer: summary(devices[4]),
    equal: ['systemUuid', 'macs'],
    askedAt: ago(500),
  },
];
const users = [
  ['owner@example.org', 'Olive Owner', 'owner'],
  ['admin@example.org', 'Adam Admin', 'administrator'],
  ['tech@example.org', 'Tess Technician', 'technician'],
].map(([email, name, role], i) => ({
  id: uuid(),
  email,
  name,
  role,
  disabled: i === 2,
  mustChangePassword: i === 1,
  createdAt: ago(3e6),
  lastSignInAt: i ? undefined : ago(100),
}));
const sessions = [true, false].map((current) => ({
  id: uuid(),
  userId: users[0].id,
  email: users[0].email,
  address: '192.0.2.4',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  startedAt: ago(9000),
  lastSeenAt: ago(20),
  expiresAt: ahead(40000),
  current,
}));
const tokens = [];
const letters = [
  {
    id: '7',
    service: 'web',
    subject: 'presence.changed.v1',
    reason: 'failed',
    code: 'internal',
    problem: 'duplicate key',
    deliveries: 5,
    payload: '{"node":"a"}',
    publishedAt: ago(9000),
    at: ago(8000),
  },
];

let session = null;
const reading = PERMISSIONS.filter((name) => name.endsWith('.read') && !/dead|users/.test(name));
function signIn(email) {
  const readonly = email.startsWith('readonly');
  session = {
    id: sessions[0].id,
    user: {
      id: users[0].id,
      email,
      name: readonly ? 'Rita Reader' : 'Olive Owner',
      role: readonly ? 'read-only' : 'owner',
      organisationId: uuid(),
    },
    permissions: readonly ? reading : PERMISSIONS,
    csrfToken: 'csrf',
    mustChangePassword: email.startsWith('first'),
    expiresAt: ahead(40000),
  };
  return session;
}
const fail = (status, code, message, extra = {}) =>
  Object.assign(new Error(message), { status, body: { code, message, correlationId: uuid(), ...extra } });
const page = (rows, query, name) => {
  const size = Number(query.size ?? 50);
  const from = (Number(query.page ?? 1) - 1) * size;
  return { [name]: rows.slice(from, from + size), total: rows.length };
};
const sockets = new Set();
const tell = (message) => sockets.forEach((socket) => socket.send(JSON.stringify(message)));
const changed = (operation, state, reason) => {
  Object.assign(operation, { state, reason, changedAt: ago(0), exitCode: state === 'COMPLETED' ? 0 : undefined });
  operation.transitions.push({ state, reason, at: ago(0) });
  const row = without(operation, 'transitions');
  tell({ type: 'operation.changed', id: operation.id, operation: row });
};
function simulate(operation) {
  setTimeout(() => changed(operation, 'NOTIFIED', 'The device was woken.'), 500);
  setTimeout(() => changed(operation, 'IN_PROGRESS', 'The device started it.'), 1500);
  let n = 0;
  const timer = setInterval(() => {
    if (n === 0 && operation.state !== 'IN_PROGRESS') return;
    const piece = { number: n, stream: n % 5 === 4 ? 'stderr' : 'stdout', text: `step ${n}\n` };
    outputs.get(operation.id).push(piece);
    tell({ type: 'output.appended', id: operation.id, pieces: [piece] });
    if (++n === 60) {
      clearInterval(timer);
      changed(operation, 'COMPLETED', 'Exit code 0.');
    }
  }, 120);
}
const find = (rows, id) =>
  rows.find((row) => row.id === id) ??
  (() => {
    throw fail(404, 'not-found', 'There is no such thing.');
  })();
const remove = (rows, id) => void rows.splice(rows.indexOf(find(rows, id)), 1);
const created = (rows, row) => (rows.unshift({ id: uuid(), createdAt: ago(0), ...row }), rows[0]);

const routes = {
  'GET /auth/session': () =>
    session ??
    (() => {
      throw fail(401, 'not-signed-in', 'Sign in first.');
    })(),
  'POST /auth/session': ({ body }) => {
    if (body.email.startsWith('locked')) throw fail(429, 'locked-out', 'Too many failures.', { retryAfter: '125' });
    if (body.password === 'wrong') throw fail(401, 'sign-in-failed', 'E-mail address or password is wrong.');
    return signIn(body.email);
  },
  'DELETE /auth/session': () => void (session = null),
  'POST /auth/password': () => ({ ...session, mustChangePassword: (session.mustChangePassword = false) }),
  'GET /api/dashboard': () => ({
    devices: {
      known: devices.length,
      attention: devices.filter((d) => d.attention).length,
      ...Object.fromEntries([...new Set(PRESENCES)].map((p) => [p, devices.filter((d) => d.presence === p).length])),
    },
    operationsRunning: operations.filter((o) => o.state === 'IN_PROGRESS').length,
    operationsWaiting: operations.filter((o) => o.state === 'PENDING').length,
    operationsFailed: operations.filter((o) => o.state === 'ERROR').length,
    mergeQuestions: questions.length,
  }),
  'GET /api/devices': ({ query }) => {
    const by = query.sort ?? 'name';
    const rows = devices.filter(
      (d) =>
        (!query.presence || d.presence === query.presence) &&
        (!query.platform || d.platform === query.platform) &&
        (!query.groupId || d.group === query.groupId) &&
        (!query.attention || d.attention) &&
        (!query.search || `${d.name} ${d.hostName}`.includes(query.search)),
    );
    rows.sort((a, b) => String(a[by]).localeCompare(String(b[by])) * (query.direction === 'descending' ? -1 : 1));
    return page(rows.map(summary), query, 'devices');
  },
  'GET /api/devices/:id': ({ id }) => detail(find(devices, id)),
  'PATCH /api/devices/:id': ({ id, body }) => {
    const device = find(devices, id);
    if (body.name === 'bad')
      throw fail(400, 'invalid-input', 'Some input is wrong.', {
        faults: [{ field: 'name', problem: 'is taken already' }],
      });
    device.name = body.name || device.hostName;
    return detail(device);
  },
  'DELETE /api/devices/:id': ({ id }) => remove(devices, id),
  'GET /api/groups': ({ query }) =>
    page(
      groups.filter(({ name }) => !query.search || name.includes(query.search)),
      query,
      'groups',
    ),
  'POST /api/groups': ({ body }) => created(groups, { description: '', deviceCount: 0, ...body }),
  'PUT /api/groups/:id': ({ id, body }) => Object.assign(find(groups, id), body),
  'DELETE /api/groups/:id': ({ id }) => remove(groups, id),
  'POST /api/groups/:id/members': ({ id, body }) => {
    for (const device of devices) {
      if (body.add?.includes(device.id)) device.group = id;
      if (body.remove?.includes(device.id)) device.group = undefined;
    }
    const group = find(groups, id);
    group.deviceCount = devices.filter((device) => device.group === id).length;
    return group;
  },
  'GET /api/operations': ({ query }) =>
    page(
      operations.filter(
        (o) =>
          (!query.deviceId || o.deviceId === query.deviceId) &&
          (!query.batchId || o.batchId === query.batchId) &&
          (!query.state || o.state === query.state),
      ),
      query,
      'operations',
    ),
  'POST /api/operations': ({ body }) => {
    const id = uuid();
    const procedure = find(procedures, body.procedureId);
    batches.set(id, { id, title: procedure.name, requestedBy: session.user.email, createdAt: ago(0) });
    const targets = devices.filter((d) => body.deviceIds?.includes(d.id) || body.groupIds?.includes(d.group));
    for (const device of targets) {
      const operation = addOperation(id, device, procedure.name, 'PENDING', 'Waits for the device.');
      if (device.presence === 'online') simulate(operation);
    }
    return batchReply(batches.get(id));
  },
  'GET /api/operation-batches/:id': ({ id }) => batchReply(batches.get(id) ?? find([], id)),
  'POST /api/operation-batches/:id/cancel': ({ id }) => {
    for (const o of operations)
      if (o.batchId === id && !['COMPLETED', 'ERROR', 'EXPIRED'].includes(o.state))
        changed(o, 'CANCELLED', 'Cancelled.');
    return batchReply(batches.get(id));
  },
  'GET /api/operations/:id': ({ id }) => ({
    ...find(operations, id),
    script: procedures[0].script,
    parameters: [{ name: 'service', value: 'nginx' }],
  }),
  'POST /api/operations/:id/cancel': ({ id }) => {
    changed(find(operations, id), 'CANCELLED', 'Cancelled by owner@example.org.');
    return { ...find(operations, id), script: '', parameters: [] };
  },
  'GET /api/operations/:id/output': ({ id, query }) => {
    const rest = (outputs.get(id) ?? []).filter(({ number }) => number >= Number(query.from ?? 0));
    return { pieces: rest.slice(0, 100), more: rest.length > 100, truncated: false };
  },
  'GET /api/procedures': ({ query }) =>
    page(
      procedures.filter(({ name }) => !query.search || name.includes(query.search)),
      query,
      'procedures',
    ),
  'GET /api/procedures/:id': ({ id }) => find(procedures, id),
  'POST /api/procedures': ({ body }) =>
    created(procedures, { ...body, version: 1, updatedAt: ago(0), updatedBy: session.user.email }),
  'PUT /api/procedures/:id': ({ id, body }) => {
    const procedure = find(procedures, id);
    return Object.assign(procedure, body, { version: procedure.version + 1 });
  },
  'DELETE /api/procedures/:id': ({ id }) => remove(procedures, id),
  'GET /api/merge-questions': ({ query }) => page(questions, query, 'questions'),
  'POST /api/merge-questions/:id/answer': ({ id }) =>
    void (questions = questions.filter((question) => question.id !== id)),
  'GET /api/organisations': () => ({ organisations: [{ id: uuid(), name: 'Default', createdAt: ago(1e7) }] }),
  'POST /api/organisations': ({ body }) => ({
    id: uuid(),
    name: body.name,
    createdAt: ago(0),
    ownerOneTimePassword: 'correct-horse-battery',
  }),
  'GET /api/dead-letters': () => ({ deadLetters: letters, total: letters.length }),
  'POST /api/dead-letters/:id/replay': ({ id }) => remove(letters, id),
  'DELETE /api/dead-letters/:id': ({ id }) => remove(letters, id),
  'GET /auth/registration-keys': () => ({ keys }),
  'POST /auth/registration-keys': ({ body }) => created(keys, { ...keys[0], id: uuid(), ...body, devicesEnrolled: 0 }),
  'DELETE /auth/registration-keys/:id': ({ id }) => void (find(keys, id).state = 'revoked'),
  'GET /auth/users': () => ({ users }),
  'POST /auth/users': ({ body }) => ({
    ...created(users, { ...body, disabled: false, mustChangePassword: true }),
    oneTimePassword: 'plum-otter-42-sail',
  }),
  'PATCH /auth/users/:id': ({ id, body }) => Object.assign(find(users, id), body),
  'POST /auth/users/:id/password-reset': ({ id }) => ({ ...find(users, id), oneTimePassword: 'plum-otter-42-sail' }),
  'DELETE /auth/users/:id': ({ id }) => remove(users, id),
  'GET /auth/roles': () => ({
    roles: [
      { name: 'owner', permissions: PERMISSIONS },
      { name: 'administrator', permissions: PERMISSIONS.filter((name) => !/organisations.write|dead/.test(name)) },
      { name: 'technician', permissions: reading },
      { name: 'read-only', permissions: reading },
    ],
  }),
  'GET /auth/sessions': () => ({ sessions }),
  'GET /auth/all-sessions': () => ({ sessions }),
  'DELETE /auth/sessions/:id': ({ id }) => remove(sessions, id),
  'DELETE /auth/all-sessions/:id': ({ id }) => remove(sessions, id),
  'GET /auth/tokens': () => ({ tokens }),
  'POST /auth/tokens': ({ body }) => ({
    ...created(tokens, { ...body, ownerId: users[0].id, ownerEmail: users[0].email }),
    secret: `mt_${'s3cr3t'.repeat(6)}`,
  }),
  'DELETE /auth/tokens/:id': ({ id }) => remove(tokens, id),
};
const matchers = Object.entries(routes).map(([name, handler]) => {
  const [method, path] = name.split(' ');
  return { method, pattern: new RegExp(`^${path.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`), handler };
});

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://x');
  response.setHeader('content-security-policy', CSP);
  if (!/^\/(api|auth)\//.test(url.pathname)) {
    const file = join(dist, url.pathname);
    const served = extname(url.pathname) && existsSync(file) ? file : join(dist, 'index.html');
    response.setHeader('content-type', TYPES[extname(served)] ?? 'application/octet-stream');
    return response.end(readFileSync(served));
  }
  let text = '';
  for await (const chunk of request) text += chunk;
  const reply = (status, body) => {
    response.statusCode = status;
    response.setHeader('content-type', 'application/json');
    response.end(body === undefined ? undefined : JSON.stringify(body));
  };
  for (const { method, pattern, handler } of matchers) {
    const match = method === request.method && pattern.exec(url.pathname);
    if (!match) continue;
    try {
      const answer = handler({
        ...match.groups,
        query: Object.fromEntries(url.searchParams),
        body: text ? JSON.parse(text) : {},
      });
      return reply(answer === undefined ? 204 : 200, answer);
    } catch (error) {
      return reply(
        error.status ?? 500,
        error.body ?? { code: 'internal', message: String(error), correlationId: uuid() },
      );
    }
  }
  reply(404, { code: 'not-found', message: 'No such route.', correlationId: uuid() });
});
const live = new WebSocketServer({ server, path: '/live' });
live.on('connection', (socket) => {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  socket.send(JSON.stringify({ type: 'hello' }));
});
setInterval(() => {
  const device = devices[Math.floor(Math.random() * 20)];
  device.presence = device.presence === 'online' ? 'offline' : 'online';
  tell({ type: 'device.changed', id: device.id, device: summary(device) });
}, 4000);
server.listen(port, '127.0.0.1');
