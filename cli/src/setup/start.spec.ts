import { describe, expect, it } from 'vitest';
import { remedyFor } from './start';

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
