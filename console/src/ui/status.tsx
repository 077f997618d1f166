import type { ReactNode } from 'react';
import classes from './status.module.css';

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'idle';
export type Mark = 'full' | 'ring' | 'half' | 'dash';

/** A state: its word, and a mark whose shape differs too, for those who do not tell the colours apart. */
export function Status({ tone, mark = 'full', children }: { tone: Tone; mark?: Mark; children: ReactNode }) {
  return (
    <span className={classes.status} data-tone={tone}>
      <span className={classes.mark} data-mark={mark} aria-hidden />
      {children}
    </span>
  );
}
