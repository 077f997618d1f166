import { type UIEvent, useLayoutEffect, useRef } from 'react';
import { Button } from '@mantine/core';
import { IconArrowDown } from '@tabler/icons-react';
import { useText } from '../messages/use-text';
import type { LogFeed } from './log-feed';
import { LogLine } from './log-line';
import { SearchedTo } from './searched-to';
import classes from './logs.module.css';

/** So near to an edge, in pixels, counts as being there. */
const NEAR = 24;
const LOAD_WITHIN = 300;

interface LogLinesProps {
  feed: LogFeed;
  version: number;
  follow: boolean;
  onFollow: (follow: boolean) => void;
  /** Of all devices: each line says of which. */
  ofFleet: boolean;
  /** What to say where nothing older comes. */
  begin: string;
}

/** Lines in a window of their own: at the end it follows, scrolled up it stays, near the top older ones are loaded. */
export function LogLines({ feed, version, follow, onFollow, ofFleet, begin }: LogLinesProps) {
  const t = useText();
  const scroller = useRef<HTMLDivElement>(null);
  const before = useRef({ first: '', height: 0, top: 0 });
  const first = feed.entries[0]?.id ?? '';

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    if (follow) toEnd(element);
    // What was put above must not move what is read.
    else if (first !== before.current.first) {
      element.scrollTop = before.current.top + element.scrollHeight - before.current.height;
    }
    before.current = { first, height: element.scrollHeight, top: element.scrollTop };
    if (!follow) return undefined;
    feed.seen();
    // Lines that come into view take their true height only then.
    const frame = requestAnimationFrame(() => toEnd(element));
    return () => cancelAnimationFrame(frame);
  }, [feed, follow, version, first]);

  const scrolled = ({ currentTarget }: UIEvent<HTMLDivElement>) => {
    const { scrollTop, clientHeight, scrollHeight } = currentTarget;
    const up = scrollTop < before.current.top;
    before.current = { ...before.current, height: scrollHeight, top: scrollTop };
    const atEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    if (up && !atEnd) onFollow(false);
    else if (atEnd && !follow) onFollow(true);
    if (up && scrollTop < LOAD_WITHIN && feed.older !== undefined) void feed.loadOlder();
  };
  return (
    <div className={classes.frame}>
      <div
        ref={scroller}
        className={classes.scroller}
        role="group"
        aria-label={t('logs.title')}
        tabIndex={0}
        onScroll={scrolled}
        data-testid="log-lines"
      >
        <div className={classes.start}>
          <SearchedTo at={feed.searchedTo} />
          {feed.older === undefined ? (
            <span className="dim">{begin}</span>
          ) : (
            <Button
              size="compact-xs"
              variant="default"
              loading={feed.loadingOlder}
              onClick={() => {
                onFollow(false);
                void feed.loadOlder();
              }}
            >
              {t(feed.searchedTo === undefined ? 'table.older' : 'table.searchOlder')}
            </Button>
          )}
        </div>
        {feed.entries.map((entry) => (
          <LogLine key={entry.id} entry={entry} ofFleet={ofFleet} />
        ))}
      </div>
      {!follow && feed.arrived > 0 && (
        <Button
          className={classes.arrived}
          size="compact-sm"
          leftSection={<IconArrowDown size={14} aria-hidden />}
          onClick={() => onFollow(true)}
        >
          {t('logs.arrived', { count: feed.arrived })}
        </Button>
      )}
    </div>
  );
}

const toEnd = (element: HTMLElement): void => {
  element.scrollTop = element.scrollHeight;
};
