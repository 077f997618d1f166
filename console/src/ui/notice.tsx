import type { ReactNode } from 'react';
import { IconAlertTriangle, IconCircleCheck, IconExclamationCircle, IconInfoCircle } from '@tabler/icons-react';
import classes from './notice.module.css';

const ICONS = { info: IconInfoCircle, good: IconCircleCheck, warn: IconAlertTriangle, bad: IconExclamationCircle };

interface NoticeProps {
  tone: keyof typeof ICONS;
  title?: string;
  /** Spoken at once by screen readers: for what happened just now. */
  announce?: boolean;
  actions?: ReactNode;
  children?: ReactNode;
}

/** A message within the page. The icon says what the colour says. */
export function Notice({ tone, title, announce = false, actions, children }: NoticeProps) {
  const Icon = ICONS[tone];
  return (
    <div className={classes.notice} data-tone={tone} role={announce ? 'alert' : undefined}>
      <Icon size={18} aria-hidden className={classes.icon} />
      <div className={classes.text}>
        {title && <p className={classes.title}>{title}</p>}
        {children && <div>{children}</div>}
        {actions && <div className={classes.actions}>{actions}</div>}
      </div>
    </div>
  );
}
