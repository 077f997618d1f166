/** A message that waits for its account. */
export interface OfflineMessage {
  /** Names it within its store. */
  id: number;
  /** The stanza, for a place where `jabber:client` is the default namespace. */
  xml: string;
  storedAt: Date;
}

/**
 * Messages for accounts of which nobody is there (XEP-0160). Accounts are named by their bare address. What was taken
 * out stays in the store until it is removed.
 */
export interface OfflineStore {
  /**
   * @param once names the message among all that are ever kept: one that was kept before is not kept again
   * @returns `refused` when a limit is reached, or the store is away
   */
  keep(account: string, xml: string, expiresAt: Date, once?: string): Promise<'stored' | 'refused'>;
  /** Whether this one was kept before, as far as is known without asking. */
  kept(once: string): boolean;
  /** Whether anything waits, as far as is known without asking. */
  has(account: string): boolean;
  /** What waits, oldest first, expired ones left out; what is kept meanwhile comes too. */
  take(account: string): AsyncIterable<OfflineMessage>;
  /** It arrived. Never rejects: what cannot be removed now is when the store is back, and is not taken out again. */
  remove(account: string, id: number): Promise<void>;
  /** Calls the listener each time that the store became usable again and may have messages nobody knew of. */
  onReady(listener: () => void): void;
}

export interface OfflineLimits {
  /** Messages of one account, and their bytes. */
  accountMessages: number;
  accountBytes: number;
  /** Messages of all accounts, and their bytes. */
  messages: number;
  bytes: number;
}
