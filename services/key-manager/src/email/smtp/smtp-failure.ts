import type { EmailProblem } from '@muster/contracts';

const LONGEST_REPLY = 1500;

/** What nodemailer adds to its errors. */
interface SmtpError {
  code?: string;
  /** Of the socket or of TLS below it. */
  originalCode?: string;
  command?: string;
  response?: string;
  responseCode?: number;
  message: string;
}

/** A message that was not sent: why, in words, and what the mail server said. */
export class SmtpFailure extends Error {
  constructor(
    readonly problem: EmailProblem,
    readonly explanation: string,
    readonly details: { reply?: string; permanent?: boolean; cause?: unknown } = {},
  ) {
    super(explanation, { cause: details.cause });
    this.name = 'SmtpFailure';
  }

  /** The mail server's own words, or those of the system underneath. */
  get reply(): string | undefined {
    return this.details.reply;
  }

  /** Trying the same message again is of no use. */
  get permanent(): boolean {
    return this.details.permanent === true;
  }
}

const WORDS: Readonly<Record<EmailProblem, string>> = {
  'name-unknown': 'The name of the mail server is not known. Check it, and whether this server can use DNS.',
  unreachable: 'The mail server cannot be reached. Check its name and port, and whether a firewall is in between.',
  timeout:
    'The mail server did not answer in time. Check the port, and whether it expects TLS from the start (implicit TLS) or not.',
  'tls-not-offered':
    'The mail server does not offer STARTTLS here. Choose implicit TLS, often on port 465, or ask its administrator.',
  'tls-failed':
    'No TLS connection came about. Check whether this port expects TLS from the start (implicit TLS) or STARTTLS.',
  certificate:
    'The certificate of the mail server is not trusted. Use the name that is in it, or add the authority that issued it.',
  'sign-in-refused': 'The mail server refused the user or the password.',
  'password-unreadable':
    'The stored password cannot be read any more, since the key of this server is another one. Enter it again.',
  'sender-refused': 'The mail server refused the sender. Use an address that this user may send from.',
  'recipient-refused': 'The mail server refused the recipient.',
  'message-refused': 'The mail server refused the message.',
  'not-understood': 'The mail server answered something unexpected.',
};

export const passwordUnreadable = (): SmtpFailure =>
  new SmtpFailure('password-unreadable', WORDS['password-unreadable']);

/** Any failure of a sending, told apart by where in the conversation it happened (RFC 5321, RFC 3207, RFC 4954). */
export function smtpFailure(cause: unknown): SmtpFailure {
  if (cause instanceof SmtpFailure) return cause;
  const error: SmtpError = cause instanceof Error ? cause : { message: String(cause) };
  const problem = problemOf(error);
  const permanent =
    (problem === 'recipient-refused' || problem === 'message-refused') && (error.responseCode ?? 0) >= 500;
  const reply = oneLine(error.response ?? underneath(error));
  return new SmtpFailure(problem, WORDS[problem], { permanent, cause, ...(reply ? { reply } : {}) });
}

const CERTIFICATE =
  /^(?:CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH)/;
const OF_TLS = /^(?:EPROTO|ERR_SSL_|ERR_TLS_)/;
const BY_COMMAND: Readonly<Record<string, EmailProblem>> = {
  'MAIL FROM': 'sender-refused',
  'RCPT TO': 'recipient-refused',
  DATA: 'message-refused',
  API: 'message-refused',
};

function problemOf({ code = '', originalCode = '', command = '', message, responseCode }: SmtpError): EmailProblem {
  if (CERTIFICATE.test(originalCode) || CERTIFICATE.test(code)) return 'certificate';
  if (OF_TLS.test(originalCode)) return 'tls-failed';
  switch (code) {
    case 'EDNS':
      return 'name-unknown';
    case 'ETIMEDOUT':
      return 'timeout';
    case 'ETLS':
      return command === 'STARTTLS' && responseCode ? 'tls-not-offered' : 'tls-failed';
    case 'EAUTH':
      return 'sign-in-refused';
    case 'EENVELOPE':
    case 'EMESSAGE':
      return BY_COMMAND[command] ?? 'message-refused';
    case 'EPROTOCOL':
      return 'not-understood';
    case 'ESOCKET':
    case 'ECONNECTION':
      if (originalCode === 'ENOTFOUND' || originalCode === 'EAI_AGAIN') return 'name-unknown';
      if (originalCode === 'ETIMEDOUT') return 'timeout';
      return /does not support required STARTTLS/.test(message) ? 'tls-not-offered' : 'unreachable';
    default:
      return 'not-understood';
  }
}

/** Where no reply came, what the network or TLS said; it names no secret. */
const underneath = ({ code, message }: SmtpError): string =>
  code === 'ESOCKET' || code === 'ECONNECTION' || code === 'ETLS' || code === 'EDNS' || code === 'ETIMEDOUT'
    ? message
    : '';

const oneLine = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, LONGEST_REPLY);
