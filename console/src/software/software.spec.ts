import { describe, expect, it } from 'vitest';
import { installationsAddress, productAddress } from './addresses';
import { questionOf } from './software-question';

const asked = (address: string) => questionOf((name) => new URLSearchParams(address).get(name) ?? undefined);

describe('which devices have a product', () => {
  it('is asked by the address', () => {
    expect(asked('name=openssl&source=dpkg&comparison=below&version=3.0.12')).toEqual({
      name: 'openssl',
      source: 'dpkg',
      comparison: 'below',
      version: '3.0.12',
    });
  });

  it.each(['name=x&comparison=below', 'name=x&version=1', 'name=x&comparison=near&version=1', 'name=x&source=stone'])(
    'does not ask half a question: ?%s',
    (address) => {
      expect(asked(address)).toEqual({ name: 'x', source: undefined, comparison: undefined, version: undefined });
    },
  );

  it('survives every name and version on its way through the address', () => {
    const name = 'a&b=c?d#e/f "<script>" \u202e 😀+%';
    const address = installationsAddress('npm', name, { comparison: 'exactly', version: '1.0+build&2' });
    expect(asked(address.split('?')[1] ?? '')).toEqual({
      name,
      source: 'npm',
      comparison: 'exactly',
      version: '1.0+build&2',
    });
    expect(new URLSearchParams(productAddress('npm', name).split('?')[1]).get('name')).toBe(name);
  });
});
