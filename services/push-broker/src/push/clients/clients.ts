import { createHash, timingSafeEqual } from 'node:crypto';
import { InvalidInput, List, nested, parse } from '@muster/contracts';
import { Jid } from '../../core/jid';
import type { ClientLimits } from '../push-options';
import { WatchedFile } from '../watched-file';
import { ANY_SENDER, Client, ClientEntry } from './client';

class ClientsFile {
  @List(nested(() => ClientEntry), { max: 1000 })
  keys: ClientEntry[];
}

/**
 * Who may push, from a file:
 * `{ "keys": [{ "name": "helpdesk", "sha256": "…", "targets": ["*"] }] }`. A client whose entry stays as it is keeps its
 * allowances when the file changes.
 */
export class Clients {
  readonly #file: WatchedFile<readonly Client[]>;

  /** @throws when the file cannot be used */
  constructor(path: string, domain: string, usual: ClientLimits) {
    this.#file = new WatchedFile(path, (text, before = []) => {
      const clients = entriesOf(text).map((entry) => {
        const same = before.find((client) => JSON.stringify(client.entry) === JSON.stringify(entry));
        return same ?? new Client(entry, sendersOf(entry, domain), usual);
      });
      for (const client of before) client.current = clients.includes(client);
      return clients;
    });
  }

  /** Takes as long for a wrong key as for a right one: every key is compared. `name`: only the one of that name will do. */
  byKey(key: string, name?: string): Client | undefined {
    const digest = createHash('sha256').update(key).digest();
    let found: Client | undefined;
    for (const client of this.#file.value) {
      const own = client.entry.sha256;
      const right = own !== undefined && timingSafeEqual(Buffer.from(own, 'hex'), digest);
      if (right && (name === undefined || client.name === name)) found = client;
    }
    return found;
  }

  /** `isFor` tells whether the certificate was issued to a DNS name. */
  byCertificate(isFor: (name: string) => boolean): Client | undefined {
    return this.#file.value.find(({ entry: { certificate } }) => certificate !== undefined && isFor(certificate));
  }

  /** @throws when the changed file cannot be used; the former keys stay in use */
  reload(): boolean {
    return this.#file.reload();
  }
}

function entriesOf(text: string): ClientEntry[] {
  const { keys } = parsed(text);
  for (const [index, { name, sha256 }] of keys.entries()) {
    const before = keys.slice(0, index);
    if (before.some((other) => other.name === name)) throw new Error(`two keys are called ${name}`);
    const same = sha256 && before.find((other) => other.sha256 === sha256);
    if (same) throw new Error(`${same.name} and ${name} have one key`);
  }
  const open = keys.find(({ sha256, certificate }) => sha256 === undefined && certificate === undefined);
  if (open) throw new Error(`${open.name} needs sha256, certificate or both`);
  return keys;
}

function parsed(text: string): ClientsFile {
  try {
    return parse(ClientsFile, JSON.parse(text), { unknown: 'refuse' });
  } catch (error) {
    // The text of a syntax error quotes the file.
    if (error instanceof InvalidInput) throw error;
    throw new Error('is not JSON', { cause: error });
  }
}

function sendersOf({ name, from = [] }: ClientEntry, domain: string): Jid[] {
  const named = from.filter((sender) => sender !== ANY_SENDER);
  return (named.length > 0 ? named : [name]).map((sender) => {
    const jid = Jid.parse(sender.includes('@') || sender === domain ? sender : `${sender}@${domain}`);
    if (jid?.domain !== domain || jid.resource !== '') throw new Error(`${name} cannot send as ${sender}`);
    return jid;
  });
}
