import { allEvents, allRequests, DEAD_LETTER_KEEPER, type ServiceName } from '@muster/contracts';
import {
  consumedBy,
  consumerName,
  DEAD_LETTER_PREFIX,
  ownStreamOf,
  REPLAY_PREFIX,
  streamOf,
  streamsOf,
} from '../streams';

export interface Permissions {
  publish: string[];
  subscribe: string[];
}

export const inboxOf = (service: ServiceName): string => `_INBOX.${service}`;

/** What the contracts let a service say and hear on plain NATS. */
export function contractPermissions(service: ServiceName): Permissions {
  const events = allEvents();
  const requests = allRequests();
  return {
    publish: [
      ...events.filter((event) => event.publishers.includes(service)).map((event) => event.subject),
      ...requests.filter((request) => request.callers.includes(service)).map((request) => request.subject),
    ],
    subscribe: [
      ...events
        .filter((event) => event.delivery === 'ephemeral' && event.consumers.includes(service))
        .map((event) => event.subject),
      ...requests.filter((request) => request.server === service).map((request) => request.subject),
      `${inboxOf(service)}.>`,
    ],
  };
}

/** Everything that the user of a service may do on its server. Replies to requests are allowed apart, one per request. */
export function servicePermissions(service: ServiceName): Permissions {
  const { publish, subscribe } = contractPermissions(service);
  const streams = [...streamPermissions(service), ...ownPermissions(service), ...keeperPermissions(service)];
  return { publish: [...publish, ...streams], subscribe };
}

function streamPermissions(service: ServiceName): string[] {
  const streams = streamsOf(service);
  if (streams.length === 0) return [];
  const subjects = streams.flatMap((stream) =>
    ['INFO', 'CREATE', 'UPDATE'].map((verb) => `$JS.API.STREAM.${verb}.${stream}`),
  );
  const consumers = consumedBy(service).flatMap((event) => {
    const name = consumerName(service, event.subject);
    return [`${streamOf(event)}.${name}`, `REPLAYS.${name}`];
  });
  return [...subjects, ...consumers.flatMap(consumerSubjects), `${DEAD_LETTER_PREFIX}.${service}.>`];
}

/** `<stream>.<consumer>`: make it, look at it, pull from it, acknowledge. */
const consumerSubjects = (path: string): string[] => [
  `$JS.API.CONSUMER.CREATE.${path}.>`,
  `$JS.API.CONSUMER.INFO.${path}`,
  `$JS.API.CONSUMER.MSG.NEXT.${path}`,
  `$JS.ACK.${path}.>`,
];

/** To make its own stream, look through it, and add, read and remove records. */
function ownPermissions(service: ServiceName): string[] {
  const own = ownStreamOf(service);
  if (!own) return [];
  const { name, prefix } = own;
  return [
    `${prefix}.>`,
    ...['STREAM.INFO', 'STREAM.CREATE', 'STREAM.UPDATE', 'STREAM.MSG.DELETE', 'DIRECT.GET'].map(
      (verb) => `$JS.API.${verb}.${name}`,
    ),
    ...['CREATE', 'INFO', 'MSG.NEXT', 'DELETE'].map((verb) => `$JS.API.CONSUMER.${verb}.${name}.>`),
  ];
}

const keeperPermissions = (service: ServiceName): string[] =>
  service === DEAD_LETTER_KEEPER
    ? ['$JS.API.DIRECT.GET.DEAD_LETTERS', '$JS.API.STREAM.MSG.DELETE.DEAD_LETTERS', `${REPLAY_PREFIX}.>`]
    : [];

/** To copy streams and make them again; and, after that, to publish the facts that a copy of the database refers to. */
export const backupPermissions = (): Permissions => ({
  publish: [
    ...['NAMES', 'INFO.*', 'SNAPSHOT.*', 'RESTORE.*', 'MSG.GET.*'].map((verb) => `$JS.API.STREAM.${verb}`),
    '$JS.SNAPSHOT.>',
    ...allEvents()
      .filter(({ delivery }) => delivery === 'durable')
      .map(({ subject }) => subject),
  ],
  subscribe: ['_INBOX.backup.>'],
});

/**
 * What may cross from a leaf node to the hub (`publish`) and back (`subscribe`), for the services behind the leaf.
 * Replies cross by the inboxes of those who asked.
 */
export function leafPermissions(services: readonly ServiceName[]): Permissions {
  const requests = allRequests();
  const callersOf = (service: ServiceName): readonly ServiceName[] =>
    requests.filter((request) => request.server === service).flatMap((request) => request.callers);
  const asked = (service: ServiceName): readonly ServiceName[] =>
    requests.filter((request) => request.callers.includes(service)).map((request) => request.server);
  return {
    publish: unique(
      services.flatMap((service) => [
        ...contractPermissions(service).publish,
        ...callersOf(service).map((caller) => `${inboxOf(caller)}.>`),
      ]),
    ),
    subscribe: unique(
      services.flatMap((service) => {
        const { subscribe } = contractPermissions(service);
        const served = requests.filter((request) => request.server === service).map((request) => request.subject);
        return [
          ...(asked(service).length > 0 ? subscribe : subscribe.filter((subject) => !subject.startsWith('_INBOX.'))),
          ...served.map(everyVersion),
        ];
      }),
    ),
  };
}

/**
 * nats-server 2.9 compares `<subject> <queue group>` as one text with what a leaf node may subscribe to, so that the
 * last part, the version, must be a wildcard where a service behind the leaf answers.
 */
const everyVersion = (subject: string): string => subject.replace(/\.v\d+$/, '.*');

const unique = (subjects: string[]): string[] => [...new Set(subjects)];
