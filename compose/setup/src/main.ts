/**
 * Runs inside the containers of the compose stacks, before what needs it:
 * `main.mjs nats hub|leaf FOLDER` writes the configuration of a nats-server there, `main.mjs database` makes schemas and roles.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setUpDatabase } from './database';
import { natsFiles } from './nats';
import { readSecrets, SECRETS_DIR } from './secrets';

async function main([verb, role, folder]: string[]): Promise<void> {
  if (verb === 'nats' && (role === 'hub' || role === 'leaf') && folder) {
    const publicRootsFile = join(folder, 'public-roots.pem');
    const { config, publicRoots } = natsFiles(role, readSecrets(SECRETS_DIR), process.env, publicRootsFile);
    if (publicRoots) writeFileSync(publicRootsFile, publicRoots);
    writeFileSync(join(folder, 'nats.conf'), config, { mode: 0o600 });
    return;
  }
  if (verb === 'database') {
    const address = process.env['POSTGRES_URL'];
    if (!address) throw new Error('POSTGRES_URL is not set');
    const schemas = await setUpDatabase(address, readSecrets(SECRETS_DIR));
    console.log(`schemas and roles are ready: ${schemas.join(', ')}`);
    return;
  }
  throw new Error('usage: main.mjs nats hub|leaf FOLDER, or main.mjs database');
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(`setup: ${error.message}`);
  process.exit(1);
});
