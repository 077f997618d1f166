import { describe, expect, it } from 'vitest';
import { identifiersOf, lockKeysOf } from './hardware';

const valuesOf = (hardware: Partial<Parameters<typeof identifiersOf>[0]>) =>
  identifiersOf({ macs: [], ...hardware }).map(({ kind, value }) => `${kind} ${value}`);

describe('identifiersOf', () => {
  it('writes what is worth comparing in one spelling, once', () => {
    expect(
      valuesOf({
        systemUuid: '{4C4C4544-0042-3510-8051-B4C04F4E4D31}',
        serialNumber: '  5CG1234XYZ ',
        machineId: 'D3B07384D113EDEC49EAA6238AD5FF00',
        macs: ['00:1B:21:AA:BB:CC', '00-1b-21-aa-bb-cc', '001b.21aa.bbcd'],
      }),
    ).toEqual([
      'systemUuid 4c4c4544004235108051b4c04f4e4d31',
      'machineId d3b07384d113edec49eaa6238ad5ff00',
      'serialNumber 5cg1234xyz',
      'mac 001b21aabbcc',
      'mac 001b21aabbcd',
    ]);
  });

  it.each([
    '00000000-0000-0000-0000-000000000000',
    'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
    '03000200-0400-0500-0006-000700080009',
    'Not Settable',
    'To be filled by O.E.M.',
    '',
    '1234',
  ])('leaves out the system UUID "%s"', (systemUuid) => expect(valuesOf({ systemUuid })).toEqual([]));

  it.each([
    'To Be Filled By O.E.M.',
    'Default  string',
    'System Serial Number',
    'None',
    '0',
    '00000000',
    'XXXXXXXX',
    '.........',
    '123456789',
    'Not Specified',
    '   ',
  ])('leaves out the serial number "%s"', (serialNumber) => expect(valuesOf({ serialNumber })).toEqual([]));

  it.each(['00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:01', '02:42:ac:11:00:02', 'nonsense', ''])(
    'leaves out the MAC address "%s"',
    (mac) => expect(valuesOf({ macs: [mac] })).toEqual([]),
  );
});

describe('lockKeysOf', () => {
  const identifiers = identifiersOf({ serialNumber: 'ABC-1', machineId: 'a'.repeat(31) + 'b', macs: ['001b21aabbcc'] });

  it('are in one order, whatever order the identifiers have', () => {
    expect(lockKeysOf('one', identifiers.toReversed())).toEqual(lockKeysOf('one', identifiers));
    expect(lockKeysOf('one', identifiers)).toHaveLength(3);
  });
  it('differ between organisations', () => {
    const others = lockKeysOf('two', identifiers);
    expect(lockKeysOf('one', identifiers).filter((key) => others.includes(key))).toEqual([]);
  });
});
