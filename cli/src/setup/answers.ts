import { existsSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { parse } from 'yaml';
import { CliError, EXIT } from '../core/exit-codes';
import { type Answers, namesOf } from './plan';
import type { Prompts } from './prompts';

/** What flags and the answers file may say, by the names of the flags. */
export interface GivenAnswers {
  domain?: string;
  'base-domain'?: string;
  'web-host'?: string;
  address?: string[];
  'xmpp-address'?: string[];
  turn?: boolean;
  'image-prefix'?: string;
  release?: string;
}

const TEXTS = ['domain', 'base-domain', 'web-host', 'image-prefix', 'release'] as const;
const LISTS = ['address', 'xmpp-address'] as const;

/** Reads an answers file: YAML or JSON with the names of the flags. @throws CliError naming every fault */
export function readAnswersFile(file: string): GivenAnswers {
  if (!existsSync(file)) throw new CliError(EXIT.missing, `There is no answers file ${file}.`);
  let read: unknown;
  try {
    read = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CliError(EXIT.data, `${file} is neither YAML nor JSON: ${(error as Error).message.split('\n')[0]}`);
  }
  if (typeof read !== 'object' || read === null) throw new CliError(EXIT.data, `${file} holds no answers.`);
  const answers: GivenAnswers = {};
  const faults: string[] = [];
  for (const [name, value] of Object.entries(read)) {
    const text = TEXTS.find((one) => one === name);
    const list = LISTS.find((one) => one === name);
    if (text && (typeof value === 'string' || typeof value === 'number')) answers[text] = String(value);
    else if (list && typeof value === 'string') answers[list] = value.split(',').map((one) => one.trim());
    else if (list && Array.isArray(value)) answers[list] = value.map(String);
    else if (name === 'turn' && typeof value === 'boolean') answers.turn = value;
    else if (text ?? list ?? name === 'turn') faults.push(`"${name}" has the wrong kind of value`);
    else faults.push(`"${name}" is no question`);
  }
  if (faults.length > 0) {
    const known = [...TEXTS, ...LISTS, 'turn'].join(', ');
    throw new CliError(EXIT.data, `${file}: ${faults.join('; ')}.`, `It may say: ${known}.`);
  }
  return answers;
}

/**
 * Completes what was given: by questions where a person is there, else by what follows from the rest.
 * @throws CliError naming everything that is missing
 */
export async function completeAnswers(given: GivenAnswers, version: string, prompts?: Prompts): Promise<Answers> {
  const asked = prompts ? await ask(given, prompts) : given;
  if (!asked.domain) {
    throw new CliError(
      EXIT.usage,
      'The domain or IP address of the ITSM server is not given.',
      'Add --domain, or name an answers file with --answers FILE; on a terminal, setup asks.',
    );
  }
  return {
    domain: asked.domain,
    ...(asked['base-domain'] ? { baseDomain: asked['base-domain'] } : {}),
    ...(asked['web-host'] ? { webHost: asked['web-host'].trim().toLowerCase() } : {}),
    addresses: asked.address?.length ? asked.address : ownAddresses(),
    xmppAddresses: asked['xmpp-address'] ?? [],
    turn: asked.turn ?? false,
    version: asked.release ?? version,
    ...(asked['image-prefix'] ? { imagePrefix: asked['image-prefix'] } : {}),
  };
}

async function ask(given: GivenAnswers, prompts: Prompts): Promise<GivenAnswers> {
  const answers = { ...given };
  const fits = (domain: string, xmpp: readonly string[]): string | undefined => {
    try {
      namesOf({ domain, addresses: [], xmppAddresses: xmpp, turn: false, version: '' });
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };
  answers.domain ??= await prompts.ask('Domain or IP address of this ITSM server', '', (domain) =>
    fits(domain, ['192.0.2.1']),
  );
  if (!answers['xmpp-address']) {
    const { domain } = answers;
    const split = (text: string): string[] => text.split(/[,\s]+/).filter(Boolean);
    const text = await prompts.ask('IP address of the XMPP server (empty: devices look it up in DNS)', '', (address) =>
      fits(domain, split(address)),
    );
    answers['xmpp-address'] = split(text);
  }
  answers.turn ??= await prompts.confirm('Run a TURN server on the XMPP server, for remote control across networks?');
  return answers;
}

/** Addresses by which others may reach this machine; not those of containers' networks. */
export function ownAddresses(interfaces = networkInterfaces()): string[] {
  return Object.entries(interfaces)
    .filter(([name]) => !/^(docker|br-|veth|virbr|lo)/.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ internal, family, address }) => !internal && family === 'IPv4' && !address.startsWith('169.254.'))
    .map(({ address }) => address);
}
