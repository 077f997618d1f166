/** `npm run -s status -- --json`. Works without anything installed: then nothing runs. */
import { existsSync } from 'node:fs';

const built = new URL('../local-stack/dist/print-status.mjs', import.meta.url);
if (!existsSync(built)) {
  const none = { ready: false, console: '', caFile: '', parts: [], devices: { known: 0, online: 0 } };
  console.log(
    process.argv.includes('--json') ? JSON.stringify(none) : 'Muster does not run here. Start it with: npm start',
  );
  process.exit(1);
}
await import(built.href);
