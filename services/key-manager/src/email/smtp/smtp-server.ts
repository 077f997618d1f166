import type { EmailSecurity } from '@muster/contracts';

/** A mail server as the settings name it, with the password opened. */
export interface SmtpServer {
  host: string;
  port: number;
  security: EmailSecurity;
  /** Absent: no sign-in. */
  user?: string;
  password?: string;
  fromAddress: string;
  fromName: string;
  /** PEM; trusted beside the public authorities. */
  trustedCertificates?: string;
}

/** What a person reads. Header fields come from here only, and none can hold a line break. */
export interface OutgoingEmail {
  recipient: string;
  subject: string;
  text: string;
  html: string;
  /** Left side of the Message-ID: the same for each attempt, so that a repetition can be told. */
  id: string;
}

/** How this server names itself to the other, and how long it waits for it. */
export interface SmtpClient {
  name: string;
  timeoutMs: number;
}
