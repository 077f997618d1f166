import { createHash } from 'node:crypto';
import type { InventorySection } from '@muster/contracts';
import type { Found } from './source';

/** Longest key that the contract takes. */
const LONGEST = 600;

/**
 * What names an item for as long as it is the same thing. Nothing that changes with an upgrade, a new size or a move
 * between slots belongs here, and nothing that two things of a device share.
 */
const KEYS: { [S in InventorySection]: (item: Found<S>) => ReadonlyArray<string | undefined> } = {
  system: () => ['system'],
  firmware: () => ['firmware'],
  processors: ({ socket }) => [socket ?? 'processor'],
  'memory-modules': ({ slot, serialNumber }) => [slot ?? serialNumber ?? 'module'],
  disks: ({ serialNumber, name }) => [serialNumber ?? name],
  volumes: ({ mountPoint }) => [mountPoint],
  controllers: ({ bus, address, name }) => [bus, address ?? name],
  networks: ({ name }) => [name],
  monitors: ({ vendor, model, serialNumber, connection }) =>
    serialNumber ? [vendor, model, serialNumber] : [vendor, model, connection],
  printers: ({ name }) => [name],
  'operating-system': () => ['operating-system'],
  users: ({ name }) => [name],
  'sign-ins': ({ user, terminal, startedAt }) => [user, terminal, startedAt],
  services: ({ name }) => [name],
  antivirus: ({ name }) => [name],
  encryption: ({ volume }) => [volume],
  software: ({ source, name, architecture, scope }) => [source, name, architecture, scope],
};

/** Key of a clean item. Two things may still share it: see `distinctKey`. */
export function keyOf<S extends InventorySection>(section: S, item: Found<S>): string {
  const parts = KEYS[section](item).map((part) => part ?? '');
  while (parts.length > 1 && parts.at(-1) === '') parts.pop();
  return fitting(parts.join('|') || section);
}

/** Key of an item whose own key another item has: by what differs between them. */
export function distinctKey(key: string, item: object, digest: string): string {
  const { version, serialNumber, address } = item as Record<string, unknown>;
  const mark = [version, serialNumber, address].find((text) => typeof text === 'string') ?? digest;
  return fitting(`${key}#${String(mark)}`);
}

/** Long keys keep their beginning and get a digest of the whole. */
function fitting(key: string): string {
  if (key.length <= LONGEST) return key;
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 32);
  const cut = key.slice(0, LONGEST - digest.length - 1);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}~${digest}`;
}
