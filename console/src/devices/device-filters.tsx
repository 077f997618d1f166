import { Checkbox, NativeSelect } from '@mantine/core';
import { type DeviceQuery, listGroups, PRESENCES, PROTECTION_STATES } from '@muster/contracts';
import { useCallback } from 'react';
import { GroupSelect } from '../groups/group-select';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import type { ListState } from '../ui/list-state';
import { SearchField } from '../ui/search-field';
import { PLATFORMS } from './presence';
import classes from './devices.module.css';

/** Filters of the device list; each one is in the address. */
export function DeviceFilters({ list, query }: { list: ListState; query: DeviceQuery }) {
  const t = useText();
  const may = useMay();
  const { set } = list;
  const search = useCallback((text: string) => set({ search: text }), [set]);
  const manufacturer = useCallback((text: string) => set({ manufacturer: text }), [set]);
  const model = useCallback((text: string) => set({ model: text }), [set]);
  return (
    <form
      className={classes.filters}
      role="search"
      aria-label={t('devices.filters')}
      onSubmit={(event) => event.preventDefault()}
    >
      <div className={classes.search}>
        <SearchField label={t('devices.search')} value={query.search ?? ''} onSearch={search} />
      </div>
      <NativeSelect
        aria-label={t('devices.presence')}
        value={query.presence ?? ''}
        data={[
          { value: '', label: t('devices.anyPresence') },
          ...PRESENCES.map((presence) => ({ value: presence, label: t(`presence.${presence}`) })),
        ]}
        onChange={(event) => set({ presence: event.currentTarget.value })}
      />
      <NativeSelect
        aria-label={t('devices.platform')}
        value={query.platform ?? ''}
        data={[
          { value: '', label: t('devices.anyPlatform') },
          ...PLATFORMS.map((platform) => ({ value: platform, label: t(`platform.${platform}`) })),
        ]}
        onChange={(event) => set({ platform: event.currentTarget.value })}
      />
      {may(listGroups) && (
        <GroupSelect
          ariaLabel={t('devices.group')}
          placeholder={t('devices.anyGroup')}
          value={query.groupId}
          onChange={(group) => set({ group })}
        />
      )}
      {(['encryption', 'antivirus'] as const).map((name) => (
        <NativeSelect
          key={name}
          aria-label={t(`devices.${name}`)}
          value={query[name] ?? ''}
          data={[
            { value: '', label: t(`devices.any.${name}`) },
            ...PROTECTION_STATES.map((state) => ({
              value: state,
              label: t('devices.protectionIs', { what: t(`devices.${name}`), state: t(`protection.${state}`) }),
            })),
          ]}
          onChange={(event) => set({ [name]: event.currentTarget.value })}
        />
      ))}
      <SearchField label={t('devices.manufacturerExact')} value={query.manufacturer ?? ''} onSearch={manufacturer} />
      <SearchField label={t('devices.modelExact')} value={query.model ?? ''} onSearch={model} />
      <Checkbox
        label={t('devices.attentionOnly')}
        checked={query.attention === true}
        onChange={(event) => set({ attention: event.currentTarget.checked })}
      />
    </form>
  );
}
