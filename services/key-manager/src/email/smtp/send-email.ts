import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import nodemailer from 'nodemailer';
import { isMailAddress } from './mail-address';
import { SmtpFailure, smtpFailure } from './smtp-failure';
import type { OutgoingEmail, SmtpClient, SmtpServer } from './smtp-server';

/**
 * Hands one message to a mail server, over a connection of its own. `starttls` is never given up for a readable
 * connection, and a certificate that does not verify ends the attempt: there is no switch for either.
 * @returns the mail server's words for having taken it
 * @throws SmtpFailure
 */
export async function sendEmail(server: SmtpServer, email: OutgoingEmail, client: SmtpClient): Promise<string> {
  const { recipient } = email;
  if (!isMailAddress(recipient)) {
    throw new SmtpFailure('recipient-refused', 'The address of the recipient is none.', { permanent: true });
  }
  const transport = nodemailer.createTransport(optionsOf(server, client));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = Object.assign(new Error('No answer in time'), { code: 'ETIMEDOUT' });
    timer = setTimeout(() => reject(error), 2 * client.timeoutMs);
  });
  try {
    const { response } = await Promise.race([transport.sendMail(messageOf(server, email)), late]);
    return String(response);
  } catch (error) {
    throw smtpFailure(error);
  } finally {
    clearTimeout(timer);
    transport.close();
  }
}

function optionsOf({ host, port, security, user, password, ...server }: SmtpServer, client: SmtpClient) {
  const ca = server.trustedCertificates ? [...rootCertificates, server.trustedCertificates] : undefined;
  return {
    ...{ host, port, secure: security === 'tls', requireTLS: security === 'starttls', ignoreTLS: security === 'none' },
    // Also where the server does not say that it knows sign-ins: sending without the one that was set would be wrong.
    ...(user ? { auth: { user, pass: password ?? '' }, forceAuth: true } : {}),
    name: isIP(client.name) ? `[${isIP(client.name) === 6 ? 'IPv6:' : ''}${client.name}]` : client.name,
    ...{ connectionTimeout: client.timeoutMs, greetingTimeout: client.timeoutMs, dnsTimeout: client.timeoutMs },
    socketTimeout: client.timeoutMs,
    tls: { minVersion: 'TLSv1.2' as const, ...(ca ? { ca } : {}) },
    // Nothing that is sent names a file or an address to be read.
    ...{ disableFileAccess: true, disableUrlAccess: true },
  };
}

function messageOf({ fromAddress, fromName }: SmtpServer, { recipient, subject, text, html, id }: OutgoingEmail) {
  return {
    from: { name: oneLine(fromName), address: fromAddress },
    to: { name: '', address: recipient },
    envelope: { from: fromAddress, to: [recipient] },
    messageId: `<${id}@${fromAddress.slice(fromAddress.lastIndexOf('@') + 1)}>`,
    subject: oneLine(subject),
    ...{ text, html },
    // RFC 3834: no out-of-office note comes back.
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
  };
}

const oneLine = (value: string): string => value.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
