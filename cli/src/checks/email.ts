import type { Check } from './finding';
import { defineMessages, warning } from './finding';
import type { DatabaseFacts } from './database';
import { smtpCheck } from './smtp';

const messages = defineMessages('email', 'E-mail that was sent arrived at the mail server.', {
  'email-not-sent': warning(
    'The last e-mail was refused: {problem}',
    'Press the test button in the console under e-mail, and do what the mail server says.',
  ),
  'email-waiting': warning(
    '{count} e-mails wait to be sent.',
    'They are tried again by themselves once the mail server takes them.',
  ),
});

interface Settings {
  host: string;
  port: number;
  security: string;
}

/** Where e-mail is set up: whether its server takes connections, and what it said the last time. */
export const emailCheck = (facts: DatabaseFacts): Check => ({
  name: 'email',
  run: async () => {
    // Where the database does not answer, another check says so.
    if (!(await facts.has('identity.email_settings').catch(() => false))) return [];
    const [settings] = await facts.rows<Settings>('SELECT host, port, security FROM identity.email_settings LIMIT 1');
    if (!settings) return [messages.ok('E-mail is not set up.')];
    const { host, port, security } = settings;
    const found = await smtpCheck({ host, port, tls: security === 'tls' }).run();
    const [last] = await facts.rows<{ sent: boolean; problem: string | null; reply: string | null }>(
      'SELECT sent, problem, reply FROM identity.email_sendings LIMIT 1',
    );
    if (last && !last.sent) found.push(messages.say('email-not-sent', { problem: last.reply ?? last.problem ?? '' }));
    const [waiting] = await facts.rows<{ count: number }>(
      `SELECT count(*)::int AS count FROM identity.email_messages WHERE state = 'waiting' AND attempts > 1`,
    );
    if (waiting && waiting.count > 0) found.push(messages.say('email-waiting', { count: waiting.count }));
    return found;
  },
});
