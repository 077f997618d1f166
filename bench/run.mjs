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

const [name, ...args] = process.argv.slice(2);
const file = BENCHES[name];
if (!file) {
  console.error(`npm run bench -- <${Object.keys(BENCHES).join('|')}> [options]`);
  process.exit(2);
}
process.argv.splice(2, process.argv.length, ...args);
await import(file);
