import type { X509Certificate } from 'node:crypto';
import { dockerCommand } from '../site/commands';
import { ComposeStack } from '../stack/compose-stack';
import type { Installation } from './installation';
import { shownBy } from './served';
import { isShown } from './take-up';

const TURNS = 5349;
/** So long coturn may take to read its certificate again before it is started anew. */
const TURN_SECONDS = 10;

type Parts = Pick<Installation, 'site' | 'place' | 'commands'>;

/** coturn, where it runs here, reads its certificate again when it is told to. @returns what had to be started anew */
export async function tellTurn(installation: Parts, leaf: X509Certificate): Promise<string[]> {
  const { commands, place } = installation;
  const ids = await containers(installation, 'coturn');
  if (ids.length === 0) return [];
  await commands.try(dockerCommand(['kill', '--signal', 'USR2', ...ids]));
  const turns = { host: place.host, port: TURNS, serverName: place.serverName };
  const listens = await shownBy(turns).catch(() => undefined);
  if (!listens || (await isShown(turns, leaf.fingerprint256, TURN_SECONDS))) return [];
  return restart(installation, 'coturn', ids);
}

/**
 * The link's end reads its roots only at its start. Devices stay connected to the broker meanwhile.
 * @returns what was started anew
 */
export async function tellLink(installation: Parts): Promise<string[]> {
  const ids = await containers(installation, 'nats');
  return ids.length > 0 ? restart(installation, 'nats', ids) : [];
}

async function containers({ site, commands }: Parts, service: string): Promise<string[]> {
  const { project } = new ComposeStack(site.folder, commands);
  const labels = [`com.docker.compose.project=${project}`, `com.docker.compose.service=${service}`];
  const filters = labels.flatMap((label) => ['--filter', `label=${label}`]);
  const { output } = await commands.try(dockerCommand(['ps', '--quiet', ...filters]));
  return output.split('\n').filter(Boolean);
}

async function restart({ commands }: Parts, service: string, ids: readonly string[]): Promise<string[]> {
  const reply = await commands.try(dockerCommand(['restart', ...ids]), { timeoutMs: 0 });
  return reply.code === 0 ? [service] : [];
}
