import { useState } from 'react';
import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { createProcedure, listProcedures, type Procedure } from '@muster/contracts';
import { useRead } from '../../api/use-api';
import { useText } from '../../messages/use-text';
import { useMay } from '../../session/session-context';
import { LinkButton } from '../../ui/link-button';
import { Empty } from '../../ui/states';

interface ProcedureChoiceProps {
  procedures: readonly Procedure[];
  total: number;
  value: string | undefined;
  onChange: (procedureId: string | undefined) => void;
}

export function ProcedureChoice({ procedures, total, value, onChange }: ProcedureChoiceProps) {
  const t = useText();
  const may = useMay();
  const [search, setSearch] = useState('');
  const [wanted] = useDebouncedValue(search, 250);
  const more = total > procedures.length && wanted !== '';
  const found = useRead(listProcedures, { query: { size: 50, search: wanted } }, { enabled: more });
  if (total === 0) {
    return (
      <Empty
        title={t('procedures.none')}
        action={may(createProcedure) && <LinkButton to="/procedures/new">{t('procedures.create')}</LinkButton>}
      />
    );
  }
  const offered = new Map([...procedures, ...(found.data?.procedures ?? [])].map((one) => [one.id, one]));
  return (
    <Select
      label={t('run.procedure')}
      placeholder={t('run.chooseProcedure')}
      searchable
      nothingFoundMessage={t('procedures.noneMatch')}
      value={value && offered.has(value) ? value : null}
      data={[...offered.values()].map(({ id, name, language }) => ({
        value: id,
        label: t('run.procedureOption', { name, language: t(`languages.${language}`) }),
      }))}
      searchValue={search}
      onSearchChange={setSearch}
      onChange={(id) => onChange(id ?? undefined)}
    />
  );
}
