import type { LogLevel } from '../reports/logs';
import { Flag, Instant, List, nested, OneOf, text, Text, Whole } from '../schema/fields';

/** Where an agent that is not enrolled yet finds the suite. Dialled with `hostName` as SNI; without addresses by DNS. */
export class EnrolmentAddress {
  @Text({ min: 1, max: 253 }) hostName: string;
  @List(text({ max: 64 }), { max: 16, about: 'IP addresses, tried in order; empty means DNS.' }) addresses: string[];
  @Whole({ min: 1, max: 65_535 }) port: number;
}

/** The agent's configuration file (JSON), written by an installer and read only. */
export class AgentConfig {
  @List(nested(() => EnrolmentAddress), { min: 1, max: 16, about: 'Tried in order.' }) enrolment: EnrolmentAddress[];
  @List(text({ max: 8192 }), { min: 1, max: 4, about: 'Root certificates to pin until the first endpoint map, PEM.' })
  anchors: string[];
  @List(text({ max: 8192 }), { max: 4, optional: true, about: 'As in the endpoint map, until the first one.' })
  serverAnchors?: string[];
  @Flag({ optional: true, about: 'As in the endpoint map, until the first one.' }) publicServers?: boolean;
  @Text({
    min: 1,
    max: 128,
    optional: true,
    about:
      'Where absent it is in the file `registration.key` of the state folder, which the agent removes once enrolled.',
  })
  registrationKey?: string;
  @Instant({ optional: true, about: "The server's time when the file was made: the device's clock is not before it." })
  issuedAt?: string;
  @Whole({
    min: 0,
    max: 604_800,
    optional: true,
    about: 'Seconds over which a fleet spreads its renewals after a new root appears; 600 when absent.',
  })
  rollOverSpreadSeconds?: number;
  @Whole({
    min: 0,
    max: 86_400,
    optional: true,
    about: 'Seconds over which a fleet that starts at once spreads its first reports; 60 when absent.',
  })
  reportSpreadSeconds?: number;
  @OneOf(['debug', 'info', 'warn', 'error'], {
    optional: true,
    about: "Lowest level of the agent's log that is reported; info when absent.",
  })
  reportLogLevel?: LogLevel;
}
