import { type ReactNode, useCallback, useState } from 'react';
import { Button, NativeSelect, Switch } from '@mantine/core';
import { LOG_LEVELS } from '@muster/contracts';
import { IconCopy, IconNotes } from '@tabler/icons-react';
import { useText } from '../messages/use-text';
import { Failure } from '../ui/failure';
import form from '../ui/form.module.css';
import type { ListState } from '../ui/list-state';
import { Panel } from '../ui/panel';
import { PeriodFields } from '../ui/period-fields';
import { SearchField } from '../ui/search-field';
import { Empty, LoadingLines } from '../ui/states';
import { useNotify } from '../ui/use-notify';
import type { LogFeed } from './log-feed';
import { type LogFilter, textOf } from './log-filter';
import { LogLines } from './log-lines';
import { SearchedTo } from './searched-to';
import { useLogFeed } from './use-log-feed';

interface LogViewProps {
  list: ListState;
  filter: LogFilter;
  /** What else can be done with the list. */
  tools?: ReactNode;
}

/** Agents' log lines with their filters; the newest at the end, where it follows. */
export function LogView({ list, filter, tools }: LogViewProps) {
  const t = useText();
  const notify = useNotify();
  const { set } = list;
  const [follow, setFollow] = useState(true);
  const { feed, version } = useLogFeed(filter, follow);
  const search = useCallback((text: string) => set({ search: text }), [set]);
  const copy = () =>
    navigator.clipboard.writeText(textOf(feed.entries)).then(
      () => notify(t('logs.copied', { count: feed.entries.length })),
      () => notify(t('app.copyFailed')),
    );
  return (
    <>
      <div className={form.toolbar} role="search" aria-label={t('logs.filters')}>
        <SearchField label={t('logs.search')} value={filter.search ?? ''} onSearch={search} />
        <NativeSelect
          aria-label={t('logs.level')}
          value={filter.level ?? ''}
          data={[
            { value: '', label: t('logs.anyLevel') },
            ...LOG_LEVELS.map((level) => ({ value: level, label: t(`logs.from.${level}`) })),
          ]}
          onChange={(event) => set({ level: event.currentTarget.value })}
        />
        <PeriodFields list={list} />
        {tools}
      </div>
      <Panel
        flush
        title={t('logs.title')}
        actions={
          <>
            {filter.to === undefined && (
              <Switch
                size="xs"
                label={t('output.follow')}
                checked={follow}
                onChange={(event) => setFollow(event.currentTarget.checked)}
              />
            )}
            <Button
              size="compact-sm"
              variant="default"
              disabled={feed.entries.length === 0}
              leftSection={<IconCopy size={14} aria-hidden />}
              onClick={() => void copy()}
            >
              {t('app.copy')}
            </Button>
          </>
        }
      >
        {feed.error && <Failure error={feed.error} onRetry={() => void feed.refresh()} />}
        <LogBody feed={feed} version={version} filter={filter} follow={follow} onFollow={setFollow} />
      </Panel>
    </>
  );
}

interface LogBodyProps {
  feed: LogFeed;
  version: number;
  filter: LogFilter;
  follow: boolean;
  onFollow: (follow: boolean) => void;
}

function LogBody({ feed, version, filter, follow, onFollow }: LogBodyProps) {
  const t = useText();
  const ofFleet = filter.deviceId === undefined;
  // Without a beginning the server gives the lines of all devices for a limited time, not back to the first line.
  const limited = ofFleet && filter.from === undefined;
  const filtered = filter.level ?? filter.search ?? filter.from ?? filter.to;
  if (!feed.loaded) return feed.error ? null : <LoadingLines lines={8} />;
  if (feed.entries.length === 0) {
    return (
      <Empty
        icon={<IconNotes />}
        title={t(filtered ? 'logs.noneMatch' : 'logs.none')}
        action={
          feed.older !== undefined && (
            <Button variant="default" loading={feed.loadingOlder} onClick={() => void feed.loadOlder()}>
              {t('table.searchOlder')}
            </Button>
          )
        }
      >
        {!filtered && t('logs.noneText')}
        {filtered && limited && feed.older === undefined && t('logs.beginOfFleet')}
        <SearchedTo at={feed.searchedTo} />
      </Empty>
    );
  }
  return (
    <LogLines
      feed={feed}
      version={version}
      follow={follow}
      onFollow={onFollow}
      ofFleet={ofFleet}
      begin={t(limited ? 'logs.beginOfFleet' : filtered ? 'logs.beginOfFiltered' : 'logs.begin')}
    />
  );
}
