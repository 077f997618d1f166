import { beforeEach, describe, expect, it } from 'vitest';
import { Jid } from './jid';
import { CLIENT_NS } from './namespaces';
import { LocalRouter, type Outcome, type Route, type RouteTable, type Routed, unreachable } from './router';
import { type Element, element } from './xml/element';

const jid = (text: string): Jid => {
  const parsed = Jid.parse(text);
  if (!parsed) throw new Error(text);
  return parsed;
};

/** A resource that takes nothing until it is told to. */
class Resource implements Route {
  readonly jid: Jid;
  readonly got: string[] = [];
  readonly settle: { delivered: () => void; lost: () => void }[] = [];

  constructor(
    address: string,
    public priority: number | undefined,
  ) {
    this.jid = jid(address);
  }

  send(stanza: Element, delivered = (): void => undefined, lost = (): void => undefined): void {
    const condition = stanza.child('error', CLIENT_NS)?.elements[0]?.name;
    this.got.push(`${stanza.attribute('id')}${condition ? ` ${condition}` : ''}`);
    this.settle.push({ delivered, lost });
  }
}

class Table implements RouteTable {
  resources: Resource[] = [];

  sessionsOf(bare: string): readonly Route[] {
    return this.resources.filter((resource) => resource.jid.bare === bare);
  }
  find(full: Jid): Route | undefined {
    return this.resources.find((resource) => resource.jid.toString() === full.toString());
  }
}

function routed(name: Routed['name'], type: string | undefined, to: string, id = '1'): Routed {
  const stanza = element(name, CLIENT_NS, { id, type, from: 'from@x/r', to });
  return { name, from: jid('from@x/r'), to: jid(to), type, id, stanza };
}

describe('LocalRouter', () => {
  let table: Table;
  let router: LocalRouter;
  let kept: string[];
  let storeSays: Outcome;

  beforeEach(() => {
    table = new Table();
    kept = [];
    storeSays = 'stored';
    router = new LocalRouter(table);
    router.absentees = {
      keep: ({ id }) => {
        kept.push(id ?? '');
        return storeSays;
      },
    };
  });
  const add = (address: string, priority?: number): Resource => {
    const resource = new Resource(address, priority);
    table.resources.push(resource);
    return resource;
  };

  /** RFC 6121, section 8.5.4, table 1, as far as there is no choice, and what is chosen here. */
  const TABLE: [
    string,
    [type: string | undefined, none: Outcome, negative: Outcome, available: Outcome, gone: Outcome][],
  ][] = [
    [
      'message',
      [
        [undefined, 'stored', 'stored', 'delivered', 'unknown'],
        ['normal', 'stored', 'stored', 'delivered', 'unknown'],
        ['chat', 'stored', 'stored', 'delivered', 'delivered'],
        ['unheard-of', 'stored', 'stored', 'delivered', 'unknown'],
        ['headline', 'unknown', 'unknown', 'delivered', 'unknown'],
        ['groupchat', 'unknown', 'unknown', 'unknown', 'unknown'],
        ['error', 'unknown', 'unknown', 'unknown', 'unknown'],
      ],
    ],
    [
      'presence',
      [
        [undefined, 'unknown', 'delivered', 'delivered', 'unknown'],
        ['unavailable', 'unknown', 'delivered', 'delivered', 'unknown'],
      ],
    ],
    [
      'iq',
      [
        ['get', 'unknown', 'unknown', 'unknown', 'unknown'],
        ['result', 'unknown', 'unknown', 'unknown', 'unknown'],
      ],
    ],
  ];
  for (const [name, rows] of TABLE)
    for (const [type, none, negative, available, gone] of rows)
      it(`${name} of type ${type}`, async () => {
        const route = (to: string): Outcome | Promise<Outcome> =>
          router.route(routed(name as Routed['name'], type, to));
        expect(await route('a@x')).toBe(none);
        const connected = add('a@x/connected');
        expect(await route('a@x')).toBe(none);
        const first = add('a@x/negative', -1);
        expect(await route('a@x')).toBe(negative);
        add('a@x/available', 0);
        expect(await route('a@x')).toBe(available);
        expect(await route('a@x/gone')).toBe(gone);
        // A resource that is named gets it, whether it has said that it is there or not.
        expect(await route('a@x/connected')).toBe('delivered');
        expect(connected.got).toHaveLength(1);
        if (name === 'message') expect(first.got).toEqual([]);
      });

  it('gives a message to the most available, a headline to all', async () => {
    const [low, high, equal] = [add('a@x/low', 1), add('a@x/high', 5), add('a@x/equal', 5)];
    await router.route(routed('message', 'chat', 'a@x', 'chat'));
    await router.route(routed('message', 'headline', 'a@x', 'headline'));
    expect([low.got, high.got, equal.got]).toEqual([['headline'], ['chat', 'headline'], ['chat', 'headline']]);
  });

  it('brings what a session lost to another one, or keeps it, or sends it back', async () => {
    const sender = add('from@x/r', 0);
    const first = add('a@x/first', 5);
    const second = add('a@x/second', 1);
    await router.route(routed('message', 'chat', 'a@x/first', 'one'));
    table.resources = table.resources.filter((resource) => resource !== first);
    first.settle[0]?.lost();
    await Promise.resolve();
    expect(second.got).toEqual(['one']);
    table.resources = [sender];
    second.settle[0]?.lost();
    await Promise.resolve();
    expect(kept).toEqual(['one']);
  });

  it('tells of requests and messages that a session went without, and of nothing else', async () => {
    const sender = add('from@x/r', 0);
    const lose = async (stanza: Routed): Promise<void> => {
      const target = add('a@x/r', 0);
      await router.route(stanza);
      table.resources = [sender];
      for (const { lost } of target.settle) lost();
      await new Promise(setImmediate);
    };
    storeSays = 'refused';
    await lose(routed('message', 'chat', 'a@x/r', 'chat'));
    await lose(routed('iq', 'get', 'a@x/r', 'get'));
    await lose(routed('iq', 'result', 'a@x/r', 'result'));
    await lose(routed('message', 'headline', 'a@x', 'headline'));
    await lose(routed('message', 'error', 'a@x/r', 'error'));
    await lose(routed('presence', undefined, 'a@x/r', 'presence'));
    expect(sender.got).toEqual(['chat recipient-unavailable', 'get recipient-unavailable']);
    expect(kept).toEqual(['chat']);
  });

  it('is content when one of several equals took a message', async () => {
    const [first, second] = [add('a@x/1', 0), add('a@x/2', 0)];
    await router.route(routed('message', 'chat', 'a@x'));
    first.settle[0]?.delivered();
    table.resources = [];
    second.settle[0]?.lost();
    await Promise.resolve();
    expect(kept).toEqual([]);
  });
});

describe('unreachable', () => {
  const of = (name: Routed['name'], type: string | undefined, to: string, outcome: Outcome): string | undefined =>
    unreachable(routed(name, type, to), outcome)?.condition;

  it('is an error where RFC 6121 has one, and silence elsewhere', () => {
    expect(of('message', 'chat', 'a@x', 'refused')).toBe('service-unavailable');
    expect(of('message', 'groupchat', 'a@x', 'unknown')).toBe('service-unavailable');
    expect(of('message', 'headline', 'a@x/r', 'unknown')).toBe('service-unavailable');
    expect(of('iq', 'set', 'a@x/r', 'unknown')).toBe('service-unavailable');
    expect(of('message', 'headline', 'a@x', 'unknown')).toBeUndefined();
    expect(of('message', 'error', 'a@x/r', 'unknown')).toBeUndefined();
    expect(of('iq', 'error', 'a@x/r', 'unknown')).toBeUndefined();
    expect(of('iq', 'result', 'a@x/r', 'unknown')).toBeUndefined();
    expect(of('presence', undefined, 'a@x/r', 'unknown')).toBeUndefined();
    expect(of('message', 'chat', 'a@x', 'stored')).toBeUndefined();
    expect(of('message', 'chat', 'a@x', 'delivered')).toBeUndefined();
  });
});
