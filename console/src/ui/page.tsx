import { type ReactNode, useEffect, useLayoutEffect, useRef } from 'react';
import { Link, useLocation } from 'react-router';
import { IconChevronRight } from '@tabler/icons-react';
import { useText } from '../messages/use-text';
import { leaveHeading, shouldTakeFocus } from './route-focus';
import classes from './page.module.css';

interface PageProps {
  title: string;
  /** Where this page belongs: shown as a link before the title. */
  parent?: { label: string; to: string };
  /** Beside the title: state, small print. */
  aside?: ReactNode;
  description?: string;
  actions?: ReactNode;
  children: ReactNode;
}

/** A screen: names the document, takes the focus to its heading after navigation, lays out heading and actions. */
export function Page({ title, parent, aside, description, actions, children }: PageProps) {
  const t = useText();
  const heading = useRef<HTMLHeadingElement>(null);
  const { pathname } = useLocation();

  useEffect(() => {
    document.title = t('app.documentTitle', { title });
  }, [t, title]);
  useEffect(() => {
    if (!shouldTakeFocus(pathname)) return;
    window.scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }, [pathname]);

  useLayoutEffect(() => {
    const element = heading.current;
    return () => leaveHeading(element);
  }, []);

  return (
    <>
      <header className={classes.header}>
        <div className={classes.titles}>
          {parent && (
            <nav aria-label={t('app.breadcrumb')} className={classes.parent}>
              <Link to={parent.to}>{parent.label}</Link>
              <IconChevronRight size={14} aria-hidden className="flip-in-rtl" />
            </nav>
          )}
          <div className={classes.titleLine}>
            <h1 ref={heading} tabIndex={-1} className={classes.title}>
              {title}
            </h1>
            {aside}
          </div>
          {description && <p className={classes.description}>{description}</p>}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </header>
      {children}
    </>
  );
}
