import { Text } from '../schema/fields';
import { defineRoute, publicTo } from '../wire/route';

const own = { service: 'bip', face: 'public', method: 'GET' } as const;
const keyHolder = publicTo('the registration key in the address is the proof; the files hold no secret but that key');

/** Registration keys are unguessable and URL-safe. */
export class ByRegistrationKey {
  @Text({ min: 1, max: 128, pattern: /^[A-Za-z0-9_-]+$/ }) key: string;
}
export const caCertificates = defineRoute({
  ...own,
  path: '/ca.crt',
  access: publicTo('who fetches it compares its SHA-256 with the one that the install line carries'),
  summary: 'The root certificates to trust now, PEM: the bytes of `caBundle`',
  raw: 'application/x-pem-file',
});
export const installScript = defineRoute({
  ...own,
  path: '/bip/:key/install.sh',
  access: keyHolder,
  summary: 'Installs the agent on a Linux device and enrols it',
  params: ByRegistrationKey,
  raw: 'text/x-shellscript; charset=utf-8',
});
export const uninstallScript = defineRoute({
  ...own,
  path: '/bip/:key/uninstall.sh',
  access: keyHolder,
  summary: 'Removes the agent from a Linux device',
  params: ByRegistrationKey,
  raw: 'text/x-shellscript; charset=utf-8',
});
export const agentProgram = defineRoute({
  ...own,
  path: '/bip/:key/agent/main.mjs',
  access: keyHolder,
  summary: 'The agent, one file',
  params: ByRegistrationKey,
  raw: 'text/javascript; charset=utf-8',
});
export const agentLauncher = defineRoute({
  ...own,
  path: '/bip/:key/agent/launcher.mjs',
  access: keyHolder,
  summary: 'The launcher that starts the installed version of the agent',
  params: ByRegistrationKey,
  raw: 'text/javascript; charset=utf-8',
});
export const nodeRuntime = defineRoute({
  ...own,
  path: '/bip/:key/node/linux-x64',
  access: keyHolder,
  summary: 'Node.js for Linux on x64, for devices that have none',
  params: ByRegistrationKey,
  raw: 'application/octet-stream',
});
