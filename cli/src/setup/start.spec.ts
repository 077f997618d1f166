import { describe, expect, it } from 'vitest';
import { faultsIn } from '../checks/configuration';
import type { Part } from '../stack/stack';
import { CapturedTerminal } from '../testing/captured-terminal';
import { remedyFor, waitForHealth } from './start';

describe('what compose says when it cannot start the stack', () => {
  it.each([
    [
      'ERROR: pull access denied for muster/edge, repository does not exist or may require docker login',
      '--image-prefix',
    ],
    ['Error response from daemon: manifest for muster/edge:9.9.9 not found: manifest unknown', '--image-prefix'],
    [
      'driver failed programming external connectivity: Bind for 0.0.0.0:443 failed: port is already allocated',
      'EDGE_PUBLISH',
    ],
    ['listen tcp4 0.0.0.0:443: bind: address already in use', 'EDGE_PUBLISH'],
    [
      'error during container init: error setting rlimits for ready process: error setting rlimit type 7',
      'LimitNOFILE',
    ],
    ['write /var/lib/docker/tmp/x: no space left on device', 'disk is full'],
    [
      'invalid mount config for type "bind": bind source path does not exist: /opt/muster/itsm/secrets/x',
      'run setup again',
    ],
    ['something that nobody has seen yet', 'What came before says more.'],
  ])('%s', (words, remedy) => expect(remedyFor(words)).toContain(remedy));
});

describe('a service that refuses its configuration', () => {
  const LOG = [
    'The configuration of web has 2 fault(s):',
    '  POLL_SECONDS: must be a whole number',
    '  NATS_URL: is not set (must be a text)',
  ];

  it('is not waited for: its log names every fault, again for each start', async () => {
    const part: Part = { name: 'web-manager', state: 'restarting', restarts: 2, reason: 'it ended with code 78' };
    const stack = { parts: async () => [part], lastLines: async () => [...LOG, ...LOG].join('\n') };
    await expect(waitForHealth(stack, 600, new CapturedTerminal())).rejects.toMatchObject({
      exitCode: 78,
      message:
        'The service web-manager does not start: POLL_SECONDS must be a whole number; NATS_URL is not set (must be a text).',
    });
  });

  it('and names none is quoted with its last words', () => {
    expect(faultsIn('first\nEDGE_SECRET is missing.\n')).toBe('EDGE_SECRET is missing');
    expect(faultsIn('')).toBe('it does not say why');
  });
});
