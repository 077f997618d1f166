import { existsSync, writeFileSync } from 'node:fs';
import { stdin } from 'node:process';
import { text as readAll } from 'node:stream/consumers';
import { createApiToken, CSRF_HEADER, type Permission, PERMISSIONS, signIn, signOut } from '@muster/contracts';
import { Api } from '../api/api';
import { CliError, EXIT } from '../core/exit-codes';
import { defineVerb } from '../core/verb';
import { API_OPTIONS, apiPlace, textOf } from './api-options';
import { wholeNumber } from './numbers';

const { 'token-file': _token, ...PLACE_OPTIONS } = API_OPTIONS;

defineVerb({
  name: 'token create',
  summary: 'Sign in once and make an API token, for the verbs that ask the console API.',
  arguments: ['FILE'],
  options: {
    ...PLACE_OPTIONS,
    email: { type: 'text', value: 'EMAIL', about: 'Who signs in; the token may do at most what they may.' },
    'password-file': { type: 'text', value: 'FILE|-', about: 'Their password; - reads it from standard input.' },
    permission: {
      type: 'list',
      value: 'NAME',
      about: 'What it may do; repeat it. All that the user may when left out.',
    },
    name: { type: 'text', value: 'TEXT', about: 'Its name in the list of tokens; "muster" when left out.' },
    days: { type: 'text', value: 'NUMBER', about: 'Days until it ends; 90 when left out.' },
  },
  remarks: [
    'The token is written to FILE, readable by you alone, and shown nowhere. The password must have been changed already.',
  ],
  async run({ options, positionals: [file = ''] }) {
    const { email } = options;
    if (!email || !options['password-file']) {
      throw new CliError(
        EXIT.usage,
        'Who signs in?',
        'Add --email and --password-file (or --password-file - and type it).',
      );
    }
    if (existsSync(file)) throw new CliError(EXIT.cannotCreate, `${file} is there already.`, 'Choose another name.');
    const password = await passwordOf(options['password-file']);
    const place = apiPlace(options);
    const { body: session, cookies } = await new Api({ ...place, credential: {} }).exchange(signIn, {
      body: { email, password },
    });
    const signedIn = new Api({
      ...place,
      credential: { cookie: cookies.join('; '), [CSRF_HEADER]: session.csrfToken },
    });
    try {
      const permissions = options.permission.length > 0 ? options.permission.map(permissionOf) : session.permissions;
      const days = wholeNumber('days', options.days, 90);
      const expiresAt = new Date(Date.now() + days * 86_400_000).toISOString();
      const body = { name: options.name ?? 'muster', permissions, expiresAt };
      const { secret, ...token } = await signedIn.call(createApiToken, { body });
      keep(file, secret);
      return { data: { file, token }, text: `Written to ${file}, good until ${expiresAt.slice(0, 10)}.` };
    } finally {
      await signedIn.call(signOut).catch(() => undefined);
    }
  },
});

async function passwordOf(file: string): Promise<string> {
  return (file === '-' ? await readAll(stdin) : textOf(file)).replace(/\r?\n$/, '');
}

function permissionOf(text: string): Permission {
  const permission = PERMISSIONS.find((one) => one === text);
  if (permission) return permission;
  throw new CliError(EXIT.usage, `"${text}" is no permission.`, `There are: ${PERMISSIONS.join(', ')}.`);
}

function keep(file: string, secret: string): void {
  try {
    writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const there = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new CliError(
      EXIT.cannotCreate,
      there ? `${file} is there already.` : `${file} cannot be written.`,
      'Choose another name.',
    );
  }
}
