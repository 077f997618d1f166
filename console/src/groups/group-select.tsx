import { useState } from 'react';
import { Select } from '@mantine/core';
import { listGroups } from '@muster/contracts';
import { useDebouncedValue } from '@mantine/hooks';
import { useRead } from '../api/use-api';
import { useText } from '../messages/use-text';

interface GroupSelectProps {
  label?: string;
  ariaLabel?: string;
  description?: string;
  placeholder?: string;
  error?: React.ReactNode;
  value: string | undefined;
  /** Groups that cannot be chosen any more. */
  without?: readonly string[];
  onChange: (groupId: string | undefined) => void;
}

/** Chooses one group. The server searches, so that a thousand groups are no burden. */
export function GroupSelect({
  label,
  ariaLabel,
  value,
  without = [],
  placeholder,
  onChange,
  ...input
}: GroupSelectProps) {
  const t = useText();
  const [search, setSearch] = useState('');
  const [wanted] = useDebouncedValue(search, 250);
  const all = useRead(listGroups, { query: { size: 200 } });
  // What is typed may be the chosen group's own name, which the field shows.
  const few = all.data === undefined || all.data.total <= 200 || all.data.groups.some(({ name }) => name === wanted);
  const found = useRead(listGroups, { query: { size: 50, search: wanted } }, { enabled: !few && wanted !== '' });
  const groups = [...(all.data?.groups ?? [])];
  for (const group of found.data?.groups ?? []) if (!groups.some(({ id }) => id === group.id)) groups.push(group);
  return (
    <Select
      {...input}
      placeholder={placeholder ?? t(all.data?.total === 0 ? 'groups.none' : 'groups.choose')}
      label={label}
      aria-label={ariaLabel}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': t('groups.clear') }}
      nothingFoundMessage={t('groups.noneFound')}
      value={value ?? null}
      data={groups.filter(({ id }) => !without.includes(id)).map(({ id, name }) => ({ value: id, label: name }))}
      searchValue={search}
      onSearchChange={setSearch}
      onChange={(id) => onChange(id ?? undefined)}
    />
  );
}
