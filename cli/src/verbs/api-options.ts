import { existsSync, readFileSync } from 'node:fs';
import { Api, type ApiPlace, bearer } from '../api/api';
import { serverRoots } from '../certificates/server-trust';
import { CliError, EXIT } from '../core/exit-codes';
import type { OptionSpecs } from '../core/verb';
import { openSite } from '../site/site';
import { SITE_OPTIONS } from './site-options';

/** Options of every verb that asks the console API. */
export const API_OPTIONS = {
  ...SITE_OPTIONS,
  'token-file': {
    type: 'text',
    value: 'FILE',
    about: 'File with an API token; MUSTER_TOKEN_FILE or MUSTER_TOKEN otherwise.',
  },
  url: { type: 'text', value: 'URL', about: 'Console of another installation; that of this server when left out.' },
  ca: { type: 'text', value: 'FILE', about: 'Its CA (PEM), when it has one of its own.' },
} as const satisfies OptionSpecs;

type Given = { [K in keyof typeof API_OPTIONS]: string | undefined };

/** @throws CliError when there is no token, or no console is known */
export const apiOf = (options: Given, environment: Readonly<Record<string, string | undefined>>): Api => {
  const credential = bearer(tokenOf(options, environment));
  return new Api({ ...apiPlace(options), credential });
};

/** Where the console is. @throws CliError when none is known */
export function apiPlace(options: Omit<Given, 'token-file'>): Omit<ApiPlace, 'credential'> {
  const own = options.ca === undefined ? [] : [textOf(options.ca)];
  if (options.url !== undefined) {
    const url = parsed(options.url);
    const name = url.hostname.replace(/^\[|\]$/g, '');
    return { host: name, port: Number(url.port || 443), name, roots: own };
  }
  const { dir, local } = options;
  const site = openSite({ ...(dir === undefined ? {} : { dir }), ...(local === undefined ? {} : { local }) });
  return { ...site.itsm, roots: own.length > 0 ? own : serverRoots(site.roots, site.trust) };
}

function parsed(text: string): URL {
  if (URL.canParse(text) && text.startsWith('https://')) return new URL(text);
  throw new CliError(EXIT.usage, `"${text}" is not an https:// address.`);
}

function tokenOf(options: Given, environment: Readonly<Record<string, string | undefined>>): string {
  const file = options['token-file'] ?? environment['MUSTER_TOKEN_FILE'];
  const token = file ? textOf(file).trim() : environment['MUSTER_TOKEN'];
  if (token) return token;
  throw new CliError(
    EXIT.noPermission,
    'There is no API token.',
    'Make one with "muster token create", and name its file with --token-file or MUSTER_TOKEN_FILE.',
  );
}

export function textOf(file: string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8');
  throw new CliError(EXIT.missing, `There is no file ${file}.`);
}
