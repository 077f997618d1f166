import type { ReactNode } from 'react';
import { harmless } from './harmless';
import classes from './fact-list.module.css';

export type Fact = readonly [label: string, value: ReactNode];

/** Names and values. A value that is not known shows a dash. */
export function FactList({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className={classes.list}>
      {facts.map(([label, value]) => (
        <div key={label} className={classes.fact}>
          <dt>{harmless(label)}</dt>
          <dd>{value === undefined || value === '' ? '–' : value}</dd>
        </div>
      ))}
    </dl>
  );
}
