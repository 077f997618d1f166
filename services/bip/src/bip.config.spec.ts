import { fieldsOf } from '@muster/contracts';
import { configurationTable } from '@muster/service-kit';
import { describe, expect, it } from 'vitest';
import { BipConfig } from './bip.config';

describe('the configuration', () => {
  it('is what the documentation says', () =>
    expect(`# Configuration of bip\n\n<!-- prettier-ignore -->\n${configurationTable(BipConfig)}`).toMatchFileSnapshot(
      '../../../docs/configuration/bip.md',
    ));

  it('says for every variable what it means', () => {
    const silent = [...fieldsOf(BipConfig)].filter(([, field]) => !field.schema['description']);
    expect(silent.map(([name]) => name)).toEqual([]);
  });
});
