import { isPlainObject } from './is-plain-object';
import { Jid } from '../core/jid';
import { WatchedFile } from './watched-file';

const NAME = /^[\p{L}\p{Nd}][\p{L}\p{Nd}._ -]{0,127}$/u;

type Members = ReadonlyMap<string, Jid>;
type Named = ReadonlyMap<string, Members>;

/** Named lists of accounts, from a file: `{ "groups": { "lab": ["device-1", "device-2"] } }`. */
export class Groups {
  readonly #file: WatchedFile<Named> | undefined;

  /** @throws when there is a file and it cannot be used */
  constructor(domain: string, path?: string) {
    this.#file = path === undefined ? undefined : new WatchedFile(path, (text) => understood(text, domain));
  }

  /** Bare addresses. @returns undefined when there is no such group */
  members(name: string): Iterable<Jid> | undefined {
    return this.#file?.value.get(name)?.values();
  }

  has(name: string, bare: string): boolean {
    return this.#file?.value.get(name)?.has(bare) ?? false;
  }

  /** @throws when the changed file cannot be used; the former groups stay */
  reload(): boolean {
    return this.#file?.reload() ?? false;
  }
}

function understood(text: string, domain: string): Named {
  const content: unknown = JSON.parse(text);
  if (!isPlainObject(content) || !isPlainObject(content['groups'])) throw new Error('needs an object `groups`');
  const unknown = Object.keys(content).filter((key) => key !== 'groups');
  if (unknown.length > 0) throw new Error(`knows no ${unknown.join(', ')}`);
  return new Map(Object.entries(content['groups']).map(([name, members]) => [name, membersOf(name, members, domain)]));
}

function membersOf(name: string, members: unknown, domain: string): Members {
  if (!NAME.test(name)) throw new Error(`${JSON.stringify(name)} is no name for a group`);
  if (!Array.isArray(members)) throw new Error(`the group ${name} must be a list of accounts`);
  return new Map(
    members.map((member: unknown) => {
      const jid =
        typeof member === 'string' ? Jid.parse(member.includes('@') ? member : `${member}@${domain}`) : undefined;
      if (jid?.domain !== domain || jid.local === '' || jid.resource !== '')
        throw new Error(`${JSON.stringify(member)} in the group ${name} is no account of ${domain}`);
      return [jid.bare, jid];
    }),
  );
}
