/**
 * Preloaded into a process, kills it (SIGKILL) at the n-th change that it makes below a folder: MUSTER_DIE_AT, counted over
 * all processes by the length of the file MUSTER_DIE_LOG. The change itself is not made any more.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const below = process.env.MUSTER_DIE_BELOW;
const log = process.env.MUSTER_DIE_LOG;
const at = Number(process.env.MUSTER_DIE_AT);
const { appendFileSync, readFileSync, openSync } = fs;
const descriptors = new Set();

function count(what) {
  appendFileSync(log, `${what}\n`);
  if (readFileSync(log, 'utf8').split('\n').length - 1 === at) process.kill(process.pid, 'SIGKILL');
}
const concerns = (path) => typeof path === 'string' && path.startsWith(below) && !path.startsWith(`${below}/state`);

for (const name of ['renameSync', 'rmSync', 'mkdirSync']) {
  const real = fs[name];
  fs[name] = (path, ...more) => {
    if (concerns(path)) count(name);
    return real(path, ...more);
  };
}
fs.openSync = (path, ...more) => {
  const writes = concerns(path) && more[0] !== 'r';
  if (writes) count('openSync');
  const descriptor = openSync(path, ...more);
  if (concerns(path)) descriptors.add(descriptor);
  return descriptor;
};
for (const name of ['writeSync', 'fsyncSync']) {
  const real = fs[name];
  fs[name] = (descriptor, ...more) => {
    if (descriptors.has(descriptor)) count(name);
    return real(descriptor, ...more);
  };
}
const { closeSync } = fs;
fs.closeSync = (descriptor) => {
  descriptors.delete(descriptor);
  closeSync(descriptor);
};
syncBuiltinESMExports();
