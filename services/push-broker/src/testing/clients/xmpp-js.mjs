/** xmpp.js as its readers use it, in a process of its own: `node xmpp-js.mjs <service> <domain> <user> <password> <to>`. */
import { client, xml } from '@xmpp/client';

const [service, domain, username, password, to] = process.argv.slice(2);
const xmpp = client({ service, domain, username, password });
xmpp.timeout = 15_000;
// It reports what goes wrong here as well as where it goes wrong.
xmpp.on('error', () => undefined);
xmpp.on('stanza', async (stanza) => {
  if (!stanza.is('message')) return;
  process.stdout.write(`got ${stanza.getChildText('body')}\n`);
  await xmpp.stop();
  process.exit(0);
});
const jid = await xmpp.start();
process.stdout.write(`signed in as ${jid.bare()}\n`);
await xmpp.send(xml('presence'));
const pong = await xmpp.iqCaller.request(xml('iq', { type: 'get', to: domain }, xml('ping', 'urn:xmpp:ping')));
process.stdout.write(`pong ${pong.attrs.type}\n`);
await xmpp.send(xml('message', { to, type: 'chat' }, xml('body', {}, 'ping & pong')));
