import { useCallback } from 'react';
import { Button, NativeSelect } from '@mantine/core';
import type { AuditQuery } from '@muster/contracts';
import { IconX } from '@tabler/icons-react';
import { DeviceFilter } from '../devices/device-filter';
import { useText } from '../messages/use-text';
import form from '../ui/form.module.css';
import { harmless } from '../ui/harmless';
import type { ListState } from '../ui/list-state';
import { PeriodFields } from '../ui/period-fields';
import { SearchField } from '../ui/search-field';
import { actionText } from './audit-action';
import { OUTCOMES, SUBJECTS } from './audit-query';

/** Filters of the audit log; each one is in the address. An entry's own dialog narrows to who did it, or to what. */
export function AuditFilters({ list, query }: { list: ListState; query: AuditQuery }) {
  const t = useText();
  const { set } = list;
  const search = useCallback((text: string) => set({ search: text }), [set]);
  const exact = query.action !== undefined && !query.action.endsWith('.');
  return (
    <div className={form.toolbar} role="search" aria-label={t('audit.filters')}>
      <SearchField label={t('audit.search')} value={query.search ?? ''} onSearch={search} />
      {exact ? (
        <Clear
          label={t('audit.onlyAction', { action: actionText(t, query.action ?? '') })}
          onClear={() => set({ action: undefined })}
        />
      ) : (
        <NativeSelect
          aria-label={t('audit.subject')}
          value={query.action?.slice(0, -1) ?? ''}
          data={[
            { value: '', label: t('audit.anySubject') },
            ...SUBJECTS.map((subject) => ({ value: subject, label: t(`audit.subject.${subject}`) })),
          ]}
          onChange={({ currentTarget: { value } }) => set({ action: value && `${value}.` })}
        />
      )}
      <NativeSelect
        aria-label={t('audit.outcome')}
        value={query.outcome ?? ''}
        data={[
          { value: '', label: t('audit.anyOutcome') },
          ...OUTCOMES.map((outcome) => ({ value: outcome, label: t(`audit.outcome.${outcome}`) })),
        ]}
        onChange={(event) => set({ outcome: event.currentTarget.value })}
      />
      <DeviceFilter value={query.deviceId} onChange={(device) => set({ device })} />
      <PeriodFields list={list} />
      {query.actorId !== undefined && (
        <Clear label={t('audit.onlyActor', { id: query.actorId })} onClear={() => set({ actor: undefined })} />
      )}
      {query.targetId !== undefined && (
        <Clear label={t('audit.onlyTarget', { id: query.targetId })} onClear={() => set({ target: undefined })} />
      )}
    </div>
  );
}

function Clear({ label, onClear }: { label: string; onClear: () => void }) {
  const t = useText();
  return (
    <Button variant="default" rightSection={<IconX size={14} aria-hidden />} onClick={onClear}>
      {harmless(label)}
      <span className="visually-hidden"> {t('app.remove')}</span>
    </Button>
  );
}
