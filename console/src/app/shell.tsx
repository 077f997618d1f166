import '@mantine/notifications/styles.layer.css';
import { useRef, useState } from 'react';
import { Burger } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { Link, Outlet, useLocation, useNavigation } from 'react-router';
import logo from '../assets/logo.svg';
import { LiveProvider } from '../live/live-provider';
import { useText } from '../messages/use-text';
import { LiveIndicator } from './live-indicator';
import { SideNavigation } from './side-navigation';
import { UserMenu } from './user-menu';
import { ThemeToggle } from './theme-toggle';
import classes from './shell.module.css';

/** Header, navigation and the place of the screens. */
export function Shell() {
  const t = useText();
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const navigation = useNavigation();
  const [openedAt, setOpenedAt] = useState<string>();
  const opened = openedAt === pathname;

  return (
    <LiveProvider>
      <a
        className={classes.skip}
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        {t('app.skip')}
      </a>
      <header className={classes.header}>
        <Burger
          className={classes.burger}
          size="sm"
          opened={opened}
          aria-expanded={opened}
          aria-controls="navigation"
          aria-label={t('navigation.toggle')}
          onClick={() => setOpenedAt(opened ? undefined : pathname)}
        />
        <Link to="/" className={classes.brand}>
          <img src={logo} alt="" width={26} height={26} />
          <span>{t('app.name')}</span>
        </Link>
        <div className={classes.tools}>
          <LiveIndicator />
          <ThemeToggle />
          <UserMenu />
        </div>
        <div className={classes.progress} data-active={navigation.state === 'loading' || undefined} aria-hidden />
      </header>
      <SideNavigation opened={opened} />
      <main id="main" ref={main} tabIndex={-1} className={classes.main}>
        <Outlet />
      </main>
      <Notifications position="bottom-right" />
    </LiveProvider>
  );
}
