import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { completeAnswers, ownAddresses } from './answers';
import { namesOf } from './plan';
import { Prompts } from './prompts';

/** A person who answers each question with the next line, once it was asked. */
function person(...lines: string[]): { prompts: Prompts; asked: () => string } {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let asked = '';
  output.on('data', (text: Buffer) => {
    asked += text.toString();
    if (text.toString().endsWith(': ')) input.write(`${lines.shift() ?? ''}\n`);
  });
  return { prompts: new Prompts(input, output), asked: () => asked };
}

describe('setup, guided', () => {
  it('asks three things, and again where an answer will not do', async () => {
    const { prompts, asked } = person('nodots', 'Itsm.Company.Test', 'xmpp.company.test', '192.0.2.11', 'maybe', 'no');
    const answers = await completeAnswers({ address: ['192.0.2.10'] }, '1.2.3', prompts);
    expect(answers).toMatchObject({
      domain: 'Itsm.Company.Test',
      xmppAddresses: ['192.0.2.11'],
      turn: false,
      version: '1.2.3',
    });
    expect(asked()).toContain('"nodots" is neither a host name');
    expect(asked()).toContain('"xmpp.company.test" is not an IP address.');
    expect(asked()).toContain('Please answer yes or no.');
    expect(namesOf(answers)).toMatchObject({
      itsm: 'itsm.company.test',
      base: 'company.test',
      xmpp: 'xmpp.company.test',
    });
  });

  it('does not let go without the address of the XMPP server where there is no DNS', async () => {
    const { prompts, asked } = person('192.0.2.10', '', '192.0.2.11', '');
    const answers = await completeAnswers({ address: [] }, '1.2.3', prompts);
    expect(asked()).toContain('the address of the XMPP server must be known');
    expect(answers).toMatchObject({ domain: '192.0.2.10', xmppAddresses: ['192.0.2.11'], turn: true });
  });

  it('asks nothing that was given', async () => {
    const { prompts, asked } = person();
    await completeAnswers({ domain: 'a.b', 'xmpp-address': [], turn: false }, '1', prompts);
    expect(asked()).toBe('');
  });
});

describe("this machine's addresses", () => {
  const address = (text: string, internal = false) => ({
    ...{ address: text, netmask: '', mac: '', internal, cidr: null },
    family: 'IPv4' as const,
  });

  it('are those that others reach, not those of containers', () => {
    const interfaces = {
      lo: [address('127.0.0.1', true)],
      eth0: [address('192.0.2.10')],
      docker0: [address('172.17.0.1')],
    };
    expect(ownAddresses({ ...interfaces, 'br-12': [address('172.18.0.1')], eth1: [address('169.254.3.4')] })).toEqual([
      '192.0.2.10',
    ]);
  });
});
