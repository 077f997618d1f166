import { type ComponentProps, useState } from 'react';
import { Button, Switch } from '@mantine/core';
import type { Operation } from '@muster/contracts';
import { IconCopy, IconDownload } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import type { ApiError } from '../../api/api-error';
import { useText } from '../../messages/use-text';
import { Failure } from '../../ui/failure';
import { Notice } from '../../ui/notice';
import { useNotify } from '../../ui/use-notify';
import { Panel } from '../../ui/panel';
import { Empty, LoadingLines } from '../../ui/states';
import { hasEnded } from '../state';
import { downloadOutput } from './download-output';
import { OutputLines } from './output-lines';
import type { OutputFeed } from './output-feed';
import { type Arrival, useOutput } from './use-output';
import classes from './output.module.css';

/** An operation's output as it arrives, with what one does with it. */
export function OutputPanel({ operation }: { operation: Operation }) {
  const t = useText();
  const notify = useNotify();
  const { feed, version, arrival } = useOutput(operation);
  const [follow, setFollow] = useState(true);
  const download = useMutation<void, ApiError>({ mutationFn: () => downloadOutput(operation) });
  const ended = hasEnded(operation.state);
  const copy = () =>
    navigator.clipboard.writeText(feed.buffer.text()).then(
      () => notify(t('output.copied')),
      () => notify(t('app.copyFailed')),
    );
  return (
    <Panel
      title={t('output.title')}
      flush
      actions={
        feed.buffer.lines.length > 0 && (
          <>
            {!ended && (
              <Switch
                size="xs"
                label={t('output.follow')}
                checked={follow}
                onChange={(event) => setFollow(event.currentTarget.checked)}
                className={classes.follow}
              />
            )}
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<IconCopy size={14} aria-hidden />}
              onClick={() => void copy()}
            >
              {t('app.copy')}
            </Button>
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<IconDownload size={14} aria-hidden />}
              loading={download.isPending}
              onClick={() => download.mutate()}
            >
              {t('output.download')}
            </Button>
          </>
        )
      }
    >
      {download.error && <Failure error={download.error} />}
      {feed.error && <Failure error={feed.error} onRetry={() => void feed.catchUp()} />}
      <OutputBody
        feed={feed}
        version={version}
        ended={ended && arrival === 'complete'}
        follow={follow && (!ended || arrival === 'arriving')}
        onFollow={setFollow}
      />
      <ArrivalNotice arrival={arrival} onRetry={() => void feed.catchUp()} />
      {operation.outputTruncated && <InPanel tone="warn">{t('output.deviceTruncated')}</InPanel>}
    </Panel>
  );
}

/** The operation has ended, its output is not here in full: devices hand it in on a way of its own. */
function ArrivalNotice({ arrival, onRetry }: { arrival: Arrival; onRetry: () => void }) {
  const t = useText();
  if (arrival === 'arriving') {
    return (
      <div role="status">
        <InPanel tone="info">{t('output.arriving')}</InPanel>
      </div>
    );
  }
  if (arrival !== 'late') return null;
  return (
    <InPanel
      tone="warn"
      actions={
        <Button size="xs" variant="default" onClick={onRetry}>
          {t('app.tryAgain')}
        </Button>
      }
    >
      {t('output.late')}
    </InPanel>
  );
}

/** A notice apart from the panel's own edge. */
function InPanel(notice: ComponentProps<typeof Notice>) {
  return (
    <div className={classes.notice}>
      <Notice {...notice} />
    </div>
  );
}

interface OutputBodyProps {
  feed: OutputFeed;
  version: number;
  ended: boolean;
  follow: boolean;
  onFollow: (follow: boolean) => void;
}

function OutputBody({ feed, version, ended, follow, onFollow }: OutputBodyProps) {
  const t = useText();
  const { buffer } = feed;
  if (!feed.loaded) return feed.error ? null : <LoadingLines lines={3} />;
  if (buffer.lines.length === 0) {
    if (feed.truncated) return <InPanel tone="warn">{t('output.noneKept')}</InPanel>;
    return <Empty title={t(ended ? 'output.none' : 'output.waiting')} />;
  }
  return (
    <>
      {buffer.dropped > 0 && <InPanel tone="info">{t('output.dropped', { count: buffer.dropped })}</InPanel>}
      <OutputLines
        lines={buffer.lines}
        first={buffer.dropped + 1}
        version={version}
        follow={follow}
        onFollow={onFollow}
      />
      {feed.truncated && <InPanel tone="warn">{t('output.truncated')}</InPanel>}
    </>
  );
}
