import { expect, it } from 'vitest';
import { readArguments } from './arguments';

it('reads what is given and knows the rest', () => {
  expect(readArguments(['--users', 'u'])).toEqual({
    domain: 'xmpp.muster.test',
    host: '127.0.0.1',
    users: 'u',
    open: false,
    ports: { port: 0, starttlsPort: 0, webSocketPort: 0, pushPort: 0 },
  });
  const all =
    '--users u --port 1 --starttls-port 2 --websocket-port 3 --push-port 4 --domain D.test --certificates c --push-keys k --policy open';
  expect(readArguments(all.split(' '))).toMatchObject({
    domain: 'd.test',
    certificate: 'c/d.test.pem',
    anchors: 'c/roots',
    pushKeys: 'k',
    open: true,
    ports: { port: 1, starttlsPort: 2, webSocketPort: 3, pushPort: 4 },
  });
});

it('refuses what makes no sense', () => {
  for (const args of [
    '',
    '--users u --port x',
    '--users u --port 65536',
    '--users u --policy none',
    '--users u --more',
  ])
    expect(() => readArguments(args.split(' ').filter(Boolean)), args).toThrow();
});
