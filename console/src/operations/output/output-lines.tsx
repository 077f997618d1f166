import { type UIEvent, useLayoutEffect, useRef, useState } from 'react';
import { useText } from '../../messages/use-text';
import type { OutputLine } from './output-buffer';
import { plainLine } from './strip-controls';
import classes from './output.module.css';

const LINE_HEIGHT = 18;
/** Lines beyond the visible ones, so that scrolling shows no holes. */
const MARGIN = 30;

interface OutputLinesProps {
  lines: readonly OutputLine[];
  /** Number of the first line. */
  first: number;
  version: number;
  follow: boolean;
  onFollow: (follow: boolean) => void;
}

/** Only the lines in view are in the document. Scrolling up stops following; scrolling to the end follows again. */
export function OutputLines({ lines, first, version, follow, onFollow }: OutputLinesProps) {
  const t = useText();
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 480 });
  const from = Math.max(0, Math.floor(view.top / LINE_HEIGHT) - MARGIN);
  const to = Math.min(lines.length, Math.ceil((view.top + view.height) / LINE_HEIGHT) + MARGIN);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (follow && element) element.scrollTop = element.scrollHeight;
  }, [follow, version]);

  const scrolled = ({ currentTarget }: UIEvent<HTMLDivElement>) => {
    const { scrollTop, clientHeight, scrollHeight } = currentTarget;
    setView({ top: scrollTop, height: clientHeight });
    const atEnd = scrollHeight - scrollTop - clientHeight < LINE_HEIGHT;
    // Text that has just been added moves the end away: only scrolling up is a wish to stay.
    if (scrollTop < view.top && !atEnd) onFollow(false);
    else if (atEnd) onFollow(true);
  };
  return (
    <div
      ref={scroller}
      className={classes.scroller}
      role="group"
      aria-label={t('output.title')}
      tabIndex={0}
      dir="ltr"
      onScroll={scrolled}
    >
      <div className={classes.space} style={{ blockSize: lines.length * LINE_HEIGHT }}>
        <div className={classes.lines} style={{ insetBlockStart: from * LINE_HEIGHT }}>
          {lines.slice(from, to).map((line, index) => (
            <div key={first + from + index} className={classes.line} data-stream={line.stream}>
              <span className={classes.number} aria-hidden>
                {first + from + index}
              </span>
              {line.stream === 'stderr' && <span className={classes.tag}>{t('output.stderr')}</span>}
              <span className={classes.text}>{plainLine(line.text)}</span>
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}
