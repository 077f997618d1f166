import { defineVerb } from '../core/verb';
import { wrapper } from '../setup/wrapper';

defineVerb({
  name: 'wrapper',
  summary: 'Print the program that runs muster from its image, for a server without Node.js.',
  options: {},
  remarks: ['docker run --rm muster/cli:VERSION wrapper | install -m 755 /dev/stdin /usr/local/bin/muster'],
  async run({ environment }) {
    const image = environment['MUSTER_CLI_IMAGE'] || `muster/cli:${environment['MUSTER_VERSION'] ?? 'latest'}`;
    const text = wrapper(image);
    return { data: { image, text }, text };
  },
});
