import type { XmppServer } from './server';

/** A protocol feature: one file that registers itself at the server's extension points. */
export interface Feature {
  name: string;
  /** Where the behaviour is specified, for example `XEP-0199 2.0.1`. */
  specification: string;
  install(server: XmppServer): void;
}
