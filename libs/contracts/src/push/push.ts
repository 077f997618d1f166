import { Flag, List, nested, Nested, OneOf, Open, text, Text, Whole } from '../schema/fields';

/** Bounds that no configuration of the push service can exceed. */
export const PUSH_MOST = { targets: 100_000, messages: 10_000, stanza: 1_048_576 } as const;

const target = text({ min: 1, max: 3071 });
const groupName = text({ min: 1, max: 128 });

/** What a message says, where the caller leaves the XML to the push service. One of its parts at least. */
export class PushMessage {
  @OneOf(['normal', 'chat', 'headline'], {
    optional: true,
    about: 'Kind of message (RFC 6121, section 5.2.2); `normal` when absent. A headline is never stored.',
  })
  type?: 'normal' | 'chat' | 'headline';
  @Text({ max: 1024, optional: true }) subject?: string;
  @Text({ max: 262_144, optional: true }) body?: string;
  @Open({ optional: true, about: 'Data for programs; travels as a JSON container (XEP-0335).' })
  payload?: Record<string, unknown>;
}

/** One message or stanza, and to whom. */
export class Push {
  @List(target, {
    min: 1,
    max: PUSH_MOST.targets,
    optional: true,
    about: 'Accounts (`device-1`) or addresses (`device-1@xmpp.example.com/agent`).',
  })
  to?: string[];
  @List(groupName, {
    min: 1,
    max: 1000,
    optional: true,
    about: 'Named groups of the service; each of their members is a target.',
  })
  groups?: string[];
  @Text({
    min: 1,
    max: 3071,
    optional: true,
    about: 'Address of the sender, one that the key may use; the first one of the key when absent.',
  })
  from?: string;
  @Text({ min: 1, max: 128, optional: true, about: 'Id of the stanza; made when absent.' }) id?: string;
  @Flag({
    optional: true,
    about: 'False: to nobody who is not connected now (XEP-0334, no-store). Only with `message`.',
  })
  store?: boolean;
  @Nested(() => PushMessage, { optional: true, about: 'Either this or `stanza`.' }) message?: PushMessage;
  @Text({
    min: 1,
    max: PUSH_MOST.stanza,
    optional: true,
    about: 'XML of one message, presence or iq in the namespace jabber:client (which may be left out).',
  })
  stanza?: string;
}

export class PushBatch {
  @List(nested(() => Push), {
    min: 1,
    max: PUSH_MOST.messages,
    about: 'Sent in this order as far as they have a target in common.',
  })
  pushes: Push[];
}

export const PUSH_OUTCOMES = ['delivered', 'stored', 'unknown', 'refused'] as const;
export type PushOutcome = (typeof PUSH_OUTCOMES)[number];

export const PUSH_REASONS = ['not-an-address', 'other-domain', 'not-allowed', 'unknown-group'] as const;
export type PushReason = (typeof PUSH_REASONS)[number];

export class PushResult {
  @Text({ max: 3071, about: 'As the request named it; an address where it came from a group; `group:<name>`.' })
  to: string;
  @OneOf(PUSH_OUTCOMES, {
    about:
      'delivered: a connection of the target took it; stored: the target gets it when it comes; unknown: there is no such target; refused: this target does not get it.',
  })
  outcome: PushOutcome;
  @OneOf(PUSH_REASONS, { optional: true, about: 'Why, where the service knows it before it has tried.' })
  reason?: PushReason;
}

export class PushAnswer {
  @Text({ max: 128, about: 'Id of the stanza.' }) id: string;
  @Whole({ min: 0, max: PUSH_MOST.targets }) delivered: number;
  @Whole({ min: 0, max: PUSH_MOST.targets }) stored: number;
  @Whole({ min: 0, max: PUSH_MOST.targets }) unknown: number;
  @Whole({ min: 0, max: PUSH_MOST.targets }) refused: number;
  @List(nested(() => PushResult), {
    max: PUSH_MOST.targets,
    about: 'One for each target, without those that were named twice.',
  })
  results: PushResult[];
}

export class PushBatchAnswer {
  @List(nested(() => PushAnswer), { max: PUSH_MOST.messages, about: 'In the order of the request.' })
  answers: PushAnswer[];
}

/** Body of ejabberd's `send_message`. */
export class SendMessage {
  @Text({ max: 64 }) type: string;
  @Text({ max: 3071 }) from: string;
  @Text({ max: 3071 }) to: string;
  @Text({ max: 1024 }) subject: string;
  @Text({ max: 262_144 }) body: string;
}

/** Body of ejabberd's `send_stanza`. */
export class SendStanza {
  @Text({ max: 3071 }) from: string;
  @Text({ max: 3071 }) to: string;
  @Text({ max: PUSH_MOST.stanza, about: 'XML of one stanza.' }) stanza: string;
}
