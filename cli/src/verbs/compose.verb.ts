import { CliError, EXIT } from '../core/exit-codes';
import { defineVerb } from '../core/verb';
import { findServerFolder } from '../site/server-folder';
import { Commands, composeCommand } from '../site/commands';
import { SITE_OPTIONS } from './site-options';

defineVerb({
  name: 'compose',
  summary:
    "Hand on to Compose in the server's folder, with the one that the image of muster carries where it runs there.",
  arguments: ['ARGUMENT...'],
  options: { dir: SITE_OPTIONS.dir },
  handsOn: true,
  remarks: [
    'Everything from the first word on that is no option of muster is left to Compose, and so is the exit code.',
    "It works in the server's folder: paths are seen from there, and .env and docker-compose.override.yml count as always.",
    'Example: muster compose ps      muster compose --dir /opt/muster/itsm logs --tail 20 web',
  ],
  async run({ options, positionals, json }) {
    if (json) throw new CliError(EXIT.usage, 'Compose says what it says.', 'muster compose ps --format json');
    const found = findServerFolder(options.dir);
    if (!('path' in found)) {
      throw new CliError(
        EXIT.config,
        `No stack is set up in ${found.lookedAt.join(', ')}.`,
        'Run "muster setup", or name the folder of the stack with --dir DIR.',
      );
    }
    const commands = new Commands();
    const compose = await composeCommand(commands);
    if (!compose) {
      throw new CliError(
        EXIT.unavailable,
        'Neither "docker compose" nor "docker-compose" is there.',
        'Install one of them, or run muster from its image, which has it.',
      );
    }
    const { file, args } = compose;
    return { exitCode: await commands.follow({ file, args: [...args, ...positionals], cwd: found.path }) };
  },
});
