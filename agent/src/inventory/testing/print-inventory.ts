import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InventoryReporter } from '../inventory';
import { DeviceFiles } from '../machine/device-files';
import { thisMachine } from '../machine/device-machine';
import { SOURCES } from '../sources';

/**
 * A program for tests, which bundle it: collects once, tells the reports as lines of JSON, and at last what it took.
 * Arguments: folder for its state, and perhaps the root folder of a recorded device.
 */
const [state = '', root = ''] = process.argv.slice(2);
const device = { ...thisMachine(), ...(root ? { files: new DeviceFiles(root) } : {}) };
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
let count = 0;
let bytes = 0;
const reporter = new InventoryReporter(
  {
    spool: {
      append: (report) => {
        const line = JSON.stringify({ sequence: ++count, ...report });
        bytes += line.length;
        if (!existsSync(join(state, 'quiet'))) process.stdout.write(`${line}\n`);
        return count;
      },
      waiting: 0,
    },
    digests: () => Promise.reject(new Error('no server')),
    stateFile: join(state, 'inventory.json'),
    log: quiet,
    now: () => new Date(),
  },
  { machine: device, sources: SOURCES },
);
const begun = performance.now();
await reporter.collectNow();
const { user, system } = process.cpuUsage();
const took = {
  milliseconds: Math.round(performance.now() - begun),
  processorMs: Math.round((user + system) / 1000),
  residentMb: Math.round(process.resourceUsage().maxRSS / 1024),
  reports: count,
  bytes,
};
process.stdout.write(`${JSON.stringify(took)}\n`);
