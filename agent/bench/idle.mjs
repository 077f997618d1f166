/**
 * What an idle agent costs: `node agent/bench/idle.mjs <pid> [seconds]`. Reads resident memory and processor time of the
 * process from /proc at the start and the end, and prints both; 60 seconds when not said otherwise.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const [pid, seconds = '60'] = process.argv.slice(2);
if (!pid) {
  console.error('usage: node agent/bench/idle.mjs <pid> [seconds]');
  process.exit(2);
}
const TICKS_PER_SECOND = 100;

function processorSeconds() {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
function megabytes(name) {
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kilobytes) * 1024) / 1e6;
}

const before = processorSeconds();
await pause(Number(seconds) * 1000);
const share = ((processorSeconds() - before) / Number(seconds)) * 100;
const memory = ['VmRSS', 'RssAnon', 'RssFile', 'VmHWM'].map((name) => `${name} ${megabytes(name).toFixed(1)} MB`);
console.log(`${memory.join(', ')}; ${share.toFixed(2)} % of a core over ${seconds} s`);
