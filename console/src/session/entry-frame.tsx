import type { ReactNode } from 'react';
import logo from '../assets/logo.svg';
import { useText } from '../messages/use-text';
import classes from './entry-frame.module.css';

/** The page around sign-in and the first password. */
export function EntryFrame({ title, children }: { title: string; children: ReactNode }) {
  const t = useText();
  return (
    <main className={classes.page}>
      <div className={classes.brand}>
        <img src={logo} alt="" width={40} height={40} />
        <span>{t('app.name')}</span>
      </div>
      <div className={classes.card}>
        <h1 className={classes.title}>{title}</h1>
        {children}
      </div>
      <p className={classes.foot}>{t('signIn.host', { host: location.hostname })}</p>
    </main>
  );
}
