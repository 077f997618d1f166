import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { CannotRun } from '../cannot-run.mjs';

const TICKS_PER_SECOND = 100;

/** The local stack that the bench runs against, as `npm start` left it on disk. */
export class Stack {
  /** @throws Error saying what to do when none runs */
  static find({ data, ports }) {
    const args = ['tools/status.mjs', '--json', '--data', data, '--ports', String(ports)];
    let status;
    try {
      status = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
    } catch (error) {
      status = parsed(error.stdout);
    }
    if (!status?.console)
      throw new CannotRun(`No stack runs on ${data}; start one: npm start -- --data ${data} --ports ${ports}`);
    return new Stack(resolve(data), Number(ports), status);
  }

  constructor(data, ports, status) {
    this.data = data;
    this.ports = ports;
    this.status = status;
    this.anchors = readFileSync(status.caFile, 'utf8');
    this.secrets = JSON.parse(readFileSync(join(data, 'secrets.json'), 'utf8'));
    this.hostName = new URL(status.console).hostname;
    this.httpsPort = ports + 443;
  }

  /** Devices that are green, from the metrics of the web service. */
  async online() {
    const text = await (await fetch(`http://127.0.0.1:${this.ports + 101}/-/metrics`)).text();
    return Number(/^muster_devices\{[^}]*presence="online"[^}]*\} (\d+)/m.exec(text)?.[1] ?? 0);
  }

  /** Processor seconds and resident bytes of each part by now; its own and its children's. */
  parts() {
    const children = childrenByParent();
    return this.status.parts
      .filter(({ pid }) => pid)
      .map(({ name, pid }) => {
        const pids = family(pid, children);
        return {
          name,
          cpuSeconds: sum(pids, cpuSeconds),
          residentBytes: sum(pids, name === 'postgres' ? proportional : resident),
        };
      });
  }

  /** Runs work with a connection of the database's administrator. */
  async database(work) {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: this.ports + 32,
      user: 'muster_admin',
      password: this.secrets.postgresAdmin,
      database: 'postgres',
    });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }
}

/** Processor seconds of this process by now. */
export const ownCpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

function childrenByParent() {
  const children = new Map();
  for (const entry of readdirSync('/proc')) {
    const stat = /^\d+$/.test(entry) ? statOf(entry) : undefined;
    if (stat) children.set(Number(stat[1]), [...(children.get(Number(stat[1])) ?? []), Number(entry)]);
  }
  return children;
}

function family(pid, children) {
  return [pid, ...(children.get(pid) ?? []).flatMap((child) => family(child, children))];
}

/** Fields of /proc/<pid>/stat from the third on; undefined when the process is gone. */
function statOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** With children that have ended: PostgreSQL ends and makes processes. */
const cpuSeconds = (pid) => {
  const stat = statOf(pid);
  return stat ? sum([11, 12, 13, 14], (field) => Number(stat[field])) / TICKS_PER_SECOND : 0;
};
const resident = (pid) => memory(`/proc/${pid}/status`, 'VmRSS');
/** PostgreSQL's processes share their buffers. */
const proportional = (pid) => memory(`/proc/${pid}/smaps_rollup`, 'Pss');

function memory(file, name) {
  if (!existsSync(file)) return 0;
  try {
    return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

const sum = (items, of) => items.reduce((total, item) => total + of(item), 0);

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
