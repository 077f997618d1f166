import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { stderr, stdin } from 'node:process';
import { text as readAll } from 'node:stream/consumers';
import { exitCodeOf, inWords, summary } from '../checks/run-checks';
import { CliError, EXIT } from '../core/exit-codes';
import type { Terminal } from '../core/terminal';
import { type Call, defineVerb, type Result } from '../core/verb';
import { readAnswersFile } from '../setup/answers';
import { defaultFolder, type Server, type SetupContext } from '../setup/context';
import { decodeJoin, type Join } from '../setup/join-token';
import { Prompts } from '../setup/prompts';
import { setupItsm, type SetupOutcome } from '../setup/setup-itsm';
import { setupXmpp } from '../setup/setup-xmpp';
import { Commands } from '../site/commands';
import { wholeNumber } from './numbers';
import { ComposeStack } from '../stack/compose-stack';

const OPTIONS = {
  domain: {
    type: 'text',
    value: 'NAME|ADDRESS',
    about: 'Domain of the console, or an IP address where there is no DNS.',
  },
  'base-domain': { type: 'text', value: 'NAME', about: 'Domain of all other names; what follows the first label.' },
  'web-host': {
    type: 'text',
    value: 'NAME',
    about: 'Name by which devices and the XMPP server dial the ITSM server, when that is not the domain.',
  },
  address: { type: 'list', value: 'ADDRESS', about: 'IP address of the ITSM server; repeat it; found when left out.' },
  'xmpp-address': {
    type: 'list',
    value: 'ADDRESS',
    about: 'IP address of the XMPP server; without it devices need DNS.',
  },
  turn: { type: 'flag', about: 'Run a TURN server on the XMPP server.' },
  answers: { type: 'text', value: 'FILE', about: 'YAML or JSON with the names of these flags.' },
  join: {
    type: 'text',
    value: 'TOKEN|FILE|-',
    about: 'xmpp: what the ITSM server handed out; - reads it from standard input.',
    secret: true,
  },
  certificate: {
    type: 'text',
    value: 'FILE',
    about: 'A certificate from your CA, with its chain (PEM); own CA otherwise.',
  },
  key: { type: 'text', value: 'FILE', about: 'Its private key.' },
  chain: { type: 'text', value: 'FILE', about: 'Intermediate certificates, when they are in a file of their own.' },
  root: {
    type: 'text',
    value: 'FILE',
    about: 'Root of the company CA; devices accept servers under it from then on (ITSM server).',
  },
  'public-ca': {
    type: 'flag',
    about: 'The certificate is of a public CA: devices accept servers with certificates of any (ITSM server).',
  },
  'key-passphrase-file': { type: 'text', value: 'FILE', about: 'File with the passphrase of the private key.' },
  renew: { type: 'flag', about: 'Make certificates of the own CA anew.' },
  dir: {
    type: 'text',
    value: 'DIR',
    about: "The server's folder; /opt/muster/itsm or /opt/muster/xmpp when left out.",
  },
  'image-prefix': { type: 'text', value: 'TEXT', about: 'Registry and folder of the images; "muster" when left out.' },
  release: { type: 'text', value: 'VERSION', about: 'Version of the images; that of this program when left out.' },
  'check-only': { type: 'flag', about: 'Look at the ground and change nothing.' },
  force: { type: 'flag', about: 'Go on in spite of faults of the ground.' },
  'no-start': { type: 'flag', about: 'Write everything and start nothing.' },
  wait: { type: 'text', value: 'SECONDS', about: 'How long to wait for health; 300 when left out.' },
  'join-hours': { type: 'text', value: 'HOURS', about: 'How long the join token holds; 24 when left out.' },
} as const;

defineVerb({
  name: 'setup',
  summary: 'Check this server, make configuration, secrets and certificates, and start its stack.',
  arguments: ['[itsm|xmpp]'],
  options: OPTIONS,
  remarks: [
    'On a terminal it asks what is not given. It never changes what is there: a second run adds what is missing.',
    'First server:  muster setup itsm --domain on-premise.company.local --xmpp-address 192.0.2.11',
    'Without DNS:   muster setup itsm --domain 192.0.2.10 --xmpp-address 192.0.2.11',
    'Second server: muster setup xmpp --join TOKEN   (the first server prints this line)',
  ],
  async run(call): Promise<Result> {
    const { options, positionals, terminal, environment } = call;
    const interactive = !call.json && stdin.isTTY === true && stderr.isTTY === true;
    const prompts = interactive ? new Prompts(stdin, stderr) : undefined;
    const server = serverOf(positionals[0] ?? (options.join ? 'xmpp' : await askServer(prompts)));
    const folder = resolve(options.dir ?? defaultFolder(server));
    const commands = new Commands();
    const context: SetupContext = {
      ...{ server, folder, terminal, commands, stack: new ComposeStack(folder, commands) },
      given: givenAnswers(call),
      ...(options.certificate ? { certificate: certificateOf({ ...options, certificate: options.certificate }) } : {}),
      ...(prompts ? { prompts } : {}),
      options: {
        version: environment['MUSTER_VERSION'] ?? 'latest',
        ...prefixOf(environment['MUSTER_CLI_IMAGE']),
        ...{
          renew: options.renew,
          force: options.force,
          checkOnly: options['check-only'],
          start: !options['no-start'],
        },
        waitSeconds: wholeNumber('wait', options.wait, 300),
        joinHours: wholeNumber('join-hours', options['join-hours'], 24),
      },
    };
    const outcome =
      server === 'itsm' ? await setupItsm(context) : await setupXmpp(context, await joinOf(options.join, prompts));
    return { data: outcome, text: words(outcome, terminal), exitCode: exitCodeFor(outcome, options.force) };
  },
});

/** `registry.example/muster/cli:1.2.0` came with `registry.example/muster/edge:1.2.0` and its like. */
function prefixOf(image = ''): { imagePrefix?: string } {
  const prefix = /^(.+)\/cli:[^/]+$/.exec(image)?.[1];
  return prefix && prefix !== 'muster' ? { imagePrefix: prefix } : {};
}

function serverOf(word: string): Server {
  if (word === 'itsm' || word === 'xmpp') return word;
  throw new CliError(EXIT.usage, `"${word}" is no server: it is "itsm" or "xmpp".`);
}

function givenAnswers({ options }: Call<typeof OPTIONS>): SetupContext['given'] {
  const file = options.answers ? readAnswersFile(options.answers) : {};
  const list = (words: string[]): string[] => words.flatMap((one) => one.split(',')).filter(Boolean);
  return {
    ...file,
    ...(options.domain ? { domain: options.domain } : {}),
    ...(options['base-domain'] ? { 'base-domain': options['base-domain'] } : {}),
    ...(options['web-host'] ? { 'web-host': options['web-host'] } : {}),
    ...(options.address.length > 0 ? { address: list(options.address) } : {}),
    ...(options['xmpp-address'].length > 0 ? { 'xmpp-address': list(options['xmpp-address']) } : {}),
    ...(options.turn ? { turn: true } : {}),
    ...(options['image-prefix'] ? { 'image-prefix': options['image-prefix'] } : {}),
    ...(options.release ? { release: options.release } : {}),
  };
}

const certificateOf = (
  options: Partial<Record<'key' | 'chain' | 'root' | 'key-passphrase-file', string>> & {
    certificate: string;
    'public-ca': boolean;
  },
) => ({
  certificate: options.certificate,
  ...(options.key ? { key: options.key } : {}),
  ...(options.chain ? { chain: options.chain } : {}),
  ...(options.root ? { root: options.root } : {}),
  ...(options['public-ca'] ? { publicCa: true } : {}),
  ...(options['key-passphrase-file'] ? { passphraseFile: options['key-passphrase-file'] } : {}),
});

/** Without a person it is the ITSM server, which comes first. */
const askServer = async (prompts?: Prompts): Promise<string> =>
  prompts?.ask('Which server is this, itsm or xmpp', 'itsm', (answer) =>
    answer === 'itsm' || answer === 'xmpp' ? undefined : 'Please answer itsm or xmpp.',
  ) ?? 'itsm';

async function joinOf(given: string | undefined, prompts?: Prompts): Promise<Join> {
  if (!given && prompts) {
    return decodeJoin(await prompts.ask('The join token that the ITSM server printed', '', faultOfToken));
  }
  if (!given) {
    throw new CliError(
      EXIT.usage,
      'The XMPP server needs what the ITSM server handed out.',
      'Run the line that "muster setup itsm" printed there: muster setup xmpp --join TOKEN.',
    );
  }
  if (given === '-') return decodeJoin(await readAll(stdin));
  return decodeJoin(existsSync(given) ? readFileSync(given, 'utf8') : given);
}

function faultOfToken(token: string): string | undefined {
  try {
    decodeJoin(token);
    return undefined;
  } catch (error) {
    return error instanceof CliError ? error.message : 'This is not a join token.';
  }
}

const exitCodeFor = ({ changed, findings }: SetupOutcome, force: boolean) =>
  changed === undefined && !force ? exitCodeOf(findings) : EXIT.ok;

function words(outcome: SetupOutcome, terminal: Terminal): string {
  const { changed, findings, address, user, passwordFile, joinFile, started, folder } = outcome;
  if (changed === undefined) return `${inWords(findings, terminal)}\n${summary(findings)}`;
  const did = changed.length > 0 ? `Written below ${folder}: ${inShort(changed)}.` : 'Nothing had to be changed.';
  const lines = [
    did,
    started ? 'Everything is ready.' : `Nothing was started: "muster compose --dir ${folder} up --detach" does.`,
  ];
  if (address && user && passwordFile) {
    lines.push('', `Console:  ${terminal.colour('bold', address)}`, `Sign in:  ${user}`);
    lines.push(`Password: ${passwordOf(passwordFile, terminal)} (to be changed at the first sign-in)`);
  }
  if (joinFile) lines.push('', 'The XMPP server, once muster is there, takes one line:', joinLine(joinFile, terminal));
  return lines.join('\n');
}

/** Variables and secrets by their number, other files by name. */
function inShort(changed: readonly string[]): string {
  const [variables, secrets] = ['.env: ', 'secrets/'].map(
    (start) => changed.filter((one) => one.startsWith(start)).length,
  );
  const others = changed.filter((one) => !/^(\.env: |secrets\/)/.test(one));
  const counted = [
    ...(variables ? [`${variables} variables in .env`] : []),
    ...(secrets ? [`${secrets} secrets`] : []),
  ];
  return [...counted, ...others].join(', ');
}

/** Secrets are shown to a person and never to a pipe, which may be a log. */
const passwordOf = (file: string, terminal: Terminal): string =>
  terminal.interactive ? readFileSync(file, 'utf8').trim() : `in ${file}`;
const joinLine = (file: string, terminal: Terminal): string =>
  terminal.interactive
    ? `  muster setup xmpp --join ${readFileSync(file, 'utf8').trim()}`
    : `  muster setup xmpp --join ${file}   (after copying that file there; it holds a password and a key)`;
