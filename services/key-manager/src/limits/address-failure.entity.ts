import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Failures of one kind from one address within a window. Belongs to no organisation: who fails is not known. */
@Entity({ schema: 'identity', name: 'address_failures' })
export class AddressFailureEntity {
  @PrimaryColumn({ type: 'text' }) scope: string;
  /** IPv4 address or IPv6 /64. */
  @PrimaryColumn({ type: 'text' }) address: string;
  @Column({ type: 'integer' }) failures: number;
  @Index('address_failures_since')
  @Column({ type: 'timestamptz' })
  since: Date;
}
