import type { ReactNode } from 'react';
import { harmless } from './harmless';
import classes from './fact-list.module.css';

export type Fact = readonly [label: string, value: ReactNode];

/** Some labels are names that a device gave. */
const LONGEST_LABEL = 200;

/** Names and values. A value that is not known shows a dash. */
export function FactList({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className={classes.list}>
      {facts.map(([label, value], index) => (
        <div key={`${index} ${label}`} className={classes.fact}>
          <dt>{harmless(label.slice(0, LONGEST_LABEL))}</dt>
          <dd>{value === undefined || value === '' ? '–' : value}</dd>
        </div>
      ))}
    </dl>
  );
}
