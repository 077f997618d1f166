import { NavLink } from 'react-router';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { NAVIGATION, type NavigationItem } from './navigation';
import classes from './shell.module.css';

/** Only what this session may open. On narrow screens it opens by the button in the header. */
export function SideNavigation({ opened }: { opened: boolean }) {
  const t = useText();
  const may = useMay();
  const sections = NAVIGATION.map((section) => ({
    ...section,
    items: section.items.filter(({ needs }) => !needs || may(needs)),
  }));
  return (
    <nav
      id="navigation"
      className={classes.navigation}
      data-opened={opened || undefined}
      aria-label={t('navigation.main')}
    >
      {sections
        .filter(({ items }) => items.length > 0)
        .map((section) => (
          <div key={section.label} className={classes.section}>
            <h2 className={classes.sectionTitle}>{t(section.label)}</h2>
            <ul>
              {section.items.map((item) => (
                <li key={item.to}>
                  <NavigationLink item={item} />
                </li>
              ))}
            </ul>
          </div>
        ))}
    </nav>
  );
}

function NavigationLink({ item }: { item: NavigationItem }) {
  const t = useText();
  const Icon = item.icon;
  return (
    <NavLink to={item.to} end={item.to === '/'} className={classes.link}>
      <Icon size={17} aria-hidden />
      {t(item.label)}
    </NavLink>
  );
}
