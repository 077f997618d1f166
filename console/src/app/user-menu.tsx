import { Button, Menu, useDirection } from '@mantine/core';
import {
  IconChevronDown,
  IconDevices,
  IconKey,
  IconLogout,
  IconPassword,
  IconTextDirectionLtr,
  IconTextDirectionRtl,
} from '@tabler/icons-react';
import { Link } from 'react-router';
import { useText } from '../messages/use-text';
import { useSession } from '../session/session-context';
import { useSignOut } from '../session/use-session';
import { storeDirection } from './preferences';
import classes from './shell.module.css';

/** Who is signed in, and what is theirs alone. */
export function UserMenu() {
  const t = useText();
  const { user } = useSession();
  const signOut = useSignOut();
  const { dir, setDirection } = useDirection();
  const other = dir === 'rtl' ? 'ltr' : 'rtl';
  const DirectionIcon = other === 'rtl' ? IconTextDirectionRtl : IconTextDirectionLtr;
  const flip = () => {
    setDirection(other);
    storeDirection(other);
  };
  return (
    <Menu width={240}>
      <Menu.Target>
        <Button
          className={classes.user}
          variant="subtle"
          color="gray"
          rightSection={<IconChevronDown size={14} aria-hidden />}
        >
          <span className="visually-hidden">{t('user.menu')}</span>
          <bdi className={classes.userName}>{user.name}</bdi>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('user.signedInAs', { email: user.email, role: t(`roles.${user.role}`) })}</Menu.Label>
        <Menu.Item component={Link} to="/password" leftSection={<IconPassword size={16} aria-hidden />}>
          {t('password.title')}
        </Menu.Item>
        <Menu.Item component={Link} to="/sessions" leftSection={<IconDevices size={16} aria-hidden />}>
          {t('sessions.title')}
        </Menu.Item>
        <Menu.Item component={Link} to="/tokens" leftSection={<IconKey size={16} aria-hidden />}>
          {t('tokens.title')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<DirectionIcon size={16} aria-hidden />} onClick={flip}>
          {t(`user.direction.${other}`)}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => signOut.mutate()}>
          {t('user.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
