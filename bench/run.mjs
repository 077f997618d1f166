import { readFileSync } from 'node:fs';
import { CannotRun } from './cannot-run.mjs';

/** `npm run bench -- <name> …`: one of the load runs of this folder. Each explains itself with `--help`. */
const BENCHES = {
  fleet: './fleet/run.mjs',
  console: './console/run.mjs',
  services: './services/run.mjs',
  turn: './turn/run.mjs',
  'push-broker': './push-broker/run.mjs',
  broker: './broker/run.mjs',
  'broker-idle': './broker/idle.mjs',
  'broker-churn': './broker/churn.mjs',
  'broker-storm': './broker/storm.mjs',
};

/** What the comment at the start of a load run says. */
function usageOf(file) {
  const [, comment = ''] = /\/\*\*(.*?)\*\//s.exec(readFileSync(new URL(file, import.meta.url), 'utf8')) ?? [];
  return comment.replaceAll(/^ *\* ?/gm, '').trim();
}

const [name, ...args] = process.argv.slice(2);
const file = BENCHES[name];
if (!file) {
  console.error(`npm run bench -- <${Object.keys(BENCHES).join('|')}> [options]`);
  process.exit(2);
}
if (args.includes('--help')) {
  console.log(usageOf(file));
  process.exit(0);
}
process.argv.splice(2, process.argv.length, ...args);
try {
  await import(file);
} catch (error) {
  if (error instanceof CannotRun) {
    console.error(error.message);
    process.exit(1);
  }
  if (!error.code?.startsWith('ERR_PARSE_ARGS')) throw error;
  console.error(`${error.message}\n\n${usageOf(file)}`);
  process.exit(2);
}
