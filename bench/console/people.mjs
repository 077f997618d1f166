import { request } from 'node:https';
import { CannotRun } from '../cannot-run.mjs';

const PASSWORD = 'for the bench only, nothing else';

/** The console's API as a browser uses it, signed in. */
export class Person {
  constructor(stack, cookie = '', csrf = '') {
    Object.assign(this, { stack, cookie, csrf });
  }

  /** Resolves with { status, text, milliseconds, bytes }. */
  call(method, path, body) {
    const { stack, cookie, csrf } = this;
    const begin = performance.now();
    return new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const call = request(
        {
          host: '127.0.0.1',
          port: stack.httpsPort,
          servername: stack.hostName,
          ca: stack.anchors,
          method,
          path,
          headers: {
            host: stack.hostName,
            ...(cookie ? { cookie, 'x-muster-csrf': csrf } : {}),
            ...(text ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } : {}),
          },
        },
        (response) => {
          const pieces = [];
          response.on('data', (piece) => pieces.push(piece));
          response.on('end', () => {
            const whole = Buffer.concat(pieces);
            const cookies = (response.headers['set-cookie'] ?? []).map((line) => line.split(';')[0]).join('; ');
            const milliseconds = performance.now() - begin;
            resolve({
              status: response.statusCode,
              text: whole.toString(),
              milliseconds,
              bytes: whole.length,
              cookies,
            });
          });
        },
      );
      call.on('error', reject);
      call.end(text);
    });
  }

  static async signIn(stack, email, password) {
    const reply = await new Person(stack).call('POST', '/auth/session', { email, password });
    if (reply.status !== 200) return undefined;
    return new Person(stack, reply.cookies, JSON.parse(reply.text).csrfToken);
  }

  /** Signs in with the given password or the bench's own, or with the one-time password, which is then changed. */
  static async signInFirst(stack, email, oneTimePassword, password) {
    for (const known of [password, PASSWORD]) {
      const person = known && (await Person.signIn(stack, email, known));
      if (person) return person;
    }
    const first = await Person.signIn(stack, email, oneTimePassword);
    if (!first) throw new CannotRun(`${email} cannot sign in: give its password with --password`);
    const changed = await first.call('POST', '/auth/password', {
      currentPassword: oneTimePassword,
      newPassword: PASSWORD,
    });
    if (changed.status !== 200) throw new Error(`the password was not changed: ${changed.text}`);
    return Person.signIn(stack, email, PASSWORD);
  }
}
