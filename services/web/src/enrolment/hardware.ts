import { createHash } from 'node:crypto';
import type { HardwareIdentity } from '@muster/contracts';
import type { DeviceHardware } from './device-hardware.entity';

export type Identifier = Pick<DeviceHardware, 'kind' | 'value'>;

/** What firmware says when nobody filled the field in, and what careless tools leave behind; lower case. */
const WORTHLESS = new Set([
  'to be filled by o.e.m.',
  'to be filled by o.e.m',
  'default string',
  'system serial number',
  'chassis serial number',
  'serial number',
  'base board serial number',
  'not specified',
  'not applicable',
  'not available',
  'not settable',
  'none',
  'n/a',
  'na',
  'null',
  'unknown',
  'undefined',
  'invalid',
  'empty',
  'oem',
  'o.e.m.',
  'eval',
  'test',
  'xxxxxxxx',
  '0123456789',
  '123456789',
  '1234567890',
  'uninitialized',
]);
/** SMBIOS UUIDs that boards were shipped with by the thousand; and machine-ids baked into well-known images. */
const WORTHLESS_IDS = new Set([
  '03000200040005000006000700080009',
  '00020003000400050006000700080009',
  '030201000504070608090a0b0c0d0e0f',
  '123456781234567890abcddeefaabbcc',
  '12345678123456781234567812345678',
  '0123456789abcdef0123456789abcdef',
  'fefefefefefefefefefefefefefefefe',
]);

/** The identifiers of a device that are worth comparing, in one spelling, each once. */
export function identifiersOf(hardware: HardwareIdentity): Identifier[] {
  const found = new Map<string, Identifier>();
  const add = (kind: Identifier['kind'], value: string | undefined): void => {
    if (value !== undefined) found.set(`${kind} ${value}`, { kind, value });
  };
  add('systemUuid', idOf(hardware.systemUuid));
  add('machineId', idOf(hardware.machineId));
  add('serialNumber', serialOf(hardware.serialNumber));
  for (const mac of hardware.macs) add('mac', macOf(mac));
  return [...found.values()];
}

/** Advisory lock keys: enrolments that could match each other take the same ones, in the same order. */
export function lockKeysOf(organisationId: string, identifiers: readonly Identifier[]): string[] {
  const keys = identifiers.map(({ kind, value }) =>
    createHash('sha256').update(`enrol ${organisationId} ${kind} ${value}`).digest().readBigInt64BE(),
  );
  return [...new Set(keys)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).map(String);
}

const sameCharacters = (text: string): boolean => /^(.)\1*$/.test(text);

function idOf(text: string | undefined): string | undefined {
  const plain = (text ?? '').toLowerCase().replace(/[^0-9a-z]/g, '');
  if (plain.length < 8 || sameCharacters(plain) || WORTHLESS_IDS.has(plain)) return undefined;
  return isWorthless(text) ? undefined : plain;
}

function serialOf(text: string | undefined): string | undefined {
  const plain = (text ?? '').trim().toLowerCase().replace(/\s+/g, ' ');
  const bare = plain.replace(/[^0-9a-z]/g, '');
  if (bare.length < 4 || sameCharacters(bare)) return undefined;
  return isWorthless(text) ? undefined : plain;
}

function macOf(text: string): string | undefined {
  const plain = text.toLowerCase().replace(/[^0-9a-f]/g, '');
  if (plain.length !== 12 || sameCharacters(plain)) return undefined;
  // A group address is nobody's own; 02:42 is what container bridges make up.
  if ((parseInt(plain.slice(0, 2), 16) & 1) === 1 || plain.startsWith('0242')) return undefined;
  return plain;
}

const isWorthless = (text: string | undefined): boolean =>
  WORTHLESS.has((text ?? '').trim().toLowerCase().replace(/\s+/g, ' '));
