import { CliError, EXIT } from '../../core/exit-codes';
import type { Terminal } from '../../core/terminal';
import type { Variables } from '../../setup/env-file';
import { type Commands, dockerCommand } from '../../site/commands';

/** Names of the images that a compose file of ours wants, in one version. */
export function imagesIn(compose: string, variables: Variables, version: string): string[] {
  const prefix = variables['MUSTER_IMAGE_PREFIX'] || 'muster';
  const names = [...compose.matchAll(/image: \S*\}\/([a-z][a-z-]*):\$\{MUSTER_VERSION\b/g)].map(
    ([, name = '']) => name,
  );
  const turn = (variables['COMPOSE_PROFILES'] ?? '').split(',').includes('turn');
  return [...new Set(names)].filter((name) => name !== 'coturn' || turn).map((name) => `${prefix}/${name}:${version}`);
}

/**
 * Fetches the images that are not here: a restore must not find out half-way that they cannot be had.
 * @throws CliError naming one that cannot be fetched
 */
export async function needImages(images: readonly string[], commands: Commands, terminal: Terminal): Promise<void> {
  for (const image of images) {
    if ((await commands.try(dockerCommand(['image', 'inspect', '--format', '{{.Id}}', image]))).code === 0) continue;
    terminal.progress(`Fetching ${image} …`);
    const reply = await commands.try(dockerCommand(['pull', '--quiet', image]), { timeoutMs: 0 });
    if (reply.code === 0) continue;
    const reason = reply.missing ? 'the program "docker" is not there' : reply.errors.trim().split('\n').at(-1);
    throw new CliError(
      EXIT.unavailable,
      `The image ${image} is neither here nor can it be fetched (${reason}). Nothing was changed.`,
      'Load or build the images of this version, or name their registry with --set MUSTER_IMAGE_PREFIX=…',
    );
  }
}
