import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Check, defineMessages, fault } from './finding';
import { reasonOf } from './xmpp';

const messages = defineMessages('smtp', 'The mail server takes connections from here.', {
  'smtp-unreachable': fault(
    'The mail server cannot be reached at {address}: {reason}.',
    'Open the way to it, or correct host, port and TLS mode in the console under e-mail.',
  ),
  'smtp-refused': fault(
    'The mail server at {address} refuses: "{reply}".',
    'Ask its administrator to let this server in; invitations and password resets wait until then.',
  ),
});

export interface SmtpPlace {
  host: string;
  port: number;
  /** TLS from the first byte. */
  tls: boolean;
}

const TIMEOUT_MS = 10_000;

/** Greets and says EHLO (RFC 5321, section 3.1), and leaves. */
export const smtpCheck = ({ host, port, tls }: SmtpPlace): Check => ({
  name: 'smtp',
  run: async () => {
    const address = `${host}:${port}`;
    try {
      const refusal = await greet(
        tls ? connectTls({ host, port, rejectUnauthorized: false }) : connectTcp({ host, port }),
      );
      if (refusal) return [messages.say('smtp-refused', { address, reply: refusal })];
      return [messages.ok(`The mail server at ${address} answers.`)];
    } catch (error) {
      return [messages.say('smtp-unreachable', { address, reason: reasonOf(error) })];
    }
  },
});

/** The server's words when it refuses; undefined when it does not. */
function greet(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let buffered = '';
    let greeted = false;
    const end = (refusal?: string): void => {
      socket.end('QUIT\r\n');
      resolve(refusal);
    };
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('no answer within 10 seconds')));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('it closed the connection')));
    socket.on('data', (data: Buffer) => {
      buffered += data.toString('latin1');
      // The last line of a reply has a space after its code.
      const last = /^(\d{3}) [^\r\n]*\r?\n/m.exec(buffered);
      if (!last) return;
      const [line, code = ''] = last;
      buffered = '';
      if (!code.startsWith('2')) return end(line.trim().slice(0, 200));
      if (greeted) return end();
      greeted = true;
      socket.write('EHLO muster.invalid\r\n');
    });
  });
}
