import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { EmailMessage, EmailProblem } from '@muster/contracts';

/** A message that waits to be sent, or was given up. One that the mail server took is gone from here. */
@Entity({ schema: 'identity', name: 'email_messages' })
@Index('email_messages_organisation', ['organisationId', 'subjectId'])
@Index('email_messages_due', ['state', 'nextAt'])
export class EmailMessageEntity {
  @PrimaryColumn({ type: 'uuid' }) id: string;
  @Column({ name: 'organisation_id', type: 'uuid' }) organisationId: string;
  @Column({ type: 'text' }) kind: EmailMessage['kind'];
  /** The invitation or the reset that its link belongs to. */
  @Column({ name: 'subject_id', type: 'uuid' }) subjectId: string;
  @Column({ type: 'text' }) recipient: string;
  /** What it says, with the link's secret, sealed: of that secret, every other table holds only a hash. */
  @Column({ name: 'sealed_words', type: 'bytea' }) sealedWords: Buffer;
  @Column({ type: 'text' }) state: EmailMessage['state'];
  @Column({ type: 'integer' }) attempts: number;
  @Column({ name: 'queued_at', type: 'timestamptz' }) queuedAt: Date;
  @Column({ name: 'next_at', type: 'timestamptz' }) nextAt: Date;
  /** Somebody is sending it, and until then nobody else does. */
  @Column({ name: 'taken_until', type: 'timestamptz', nullable: true }) takenUntil: Date | null;
  /** When it is given up. */
  @Column({ name: 'gives_up_at', type: 'timestamptz' }) givesUpAt: Date;
  /** When its link ends, and the message with it. */
  @Index('email_messages_expiry')
  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;
  @Column({ type: 'text', nullable: true }) problem: EmailProblem | null;
  @Column({ type: 'text', nullable: true }) reply: string | null;
}
