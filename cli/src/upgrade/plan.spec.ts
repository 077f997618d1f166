import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readComposeFile, servicesIn } from '../setup/compose-file';
import { imageName, plannedServices, stepsOf } from './plan';

const root = join(import.meta.dirname, '../../../compose');

/** As compose resolves the real file: with image names, services sorted by name. */
function planned(server: string, profiles: string[] = []) {
  const file = join(root, server, 'docker-compose.yml');
  const text = readFileSync(file, 'utf8');
  const images = [...text.matchAll(/^ {2}([a-z-]+):\n(?: {4}.*\n)*? {4}image: \S*\/([a-z-]+):/gm)].map(
    ([, service = '', image = '']) => {
      const more = service === 'database' ? { restart: 'no' } : service === 'coturn' ? { profiles: ['turn'] } : {};
      return [service, { image: `registry.test:5000/muster/${image}:1.2.0`, ...more }] as const;
    },
  );
  const services = Object.fromEntries(images.sort(([one], [other]) => one.localeCompare(other)));
  return plannedServices(stringify({ services }), servicesIn(text, file), profiles);
}
const words = (server: string, profiles?: string[]): string[] =>
  stepsOf(planned(server, profiles)).map(({ kind, services }) => `${kind} ${services.join(' ')}`);

describe('the steps of an upgrade', () => {
  it('of the ITSM server: rights, schemas, services that others ask, those that ask, the edge', () => {
    expect(words('itsm')).toEqual([
      'recreate nats',
      'run database',
      'replace key-manager',
      'replace web-manager',
      'replace web-worker',
      'replace rmm-logs',
      'replace plugins',
      'replace audit-logs',
      'replace downloads',
      'replace bip',
      'recreate postgres',
      'recreate web anchors',
    ]);
  });

  it('of the XMPP server: nothing can run twice, and coturn only where it is wanted', () => {
    expect(words('xmpp')).toEqual(['recreate nats', 'recreate push-broker']);
    expect(words('xmpp', ['turn'])).toEqual(['recreate nats', 'recreate coturn', 'recreate push-broker']);
  });

  it('cover every service of the compose files', () => {
    for (const server of ['itsm', 'xmpp']) {
      const covered = stepsOf(planned(server, ['turn'])).flatMap(({ services }) => services);
      expect(covered.sort()).toEqual(readComposeFile(join(root, server)).services.sort());
    }
  });
});

it.each([
  ['muster/web:1.0.0', 'web'],
  ['registry.test:5000/some/where/push-broker:1.0.0-rc.1', 'push-broker'],
  ['registry.test:5000/nats', 'nats'],
])('the image %s is %s', (image, name) => expect(imageName(image)).toBe(name));
