import type { ComponentProps } from 'react';
import { NativeSelect } from '@mantine/core';
import type { Role } from '@muster/contracts';
import { useText } from '../messages/use-text';

interface RoleFieldProps extends Pick<ComponentProps<typeof NativeSelect>, 'value' | 'onChange' | 'error'> {
  roles: readonly Role[];
  chosen: Role;
}

/** Chooses a role and says what the chosen one may do. */
export function RoleField({ roles, chosen, ...input }: RoleFieldProps) {
  const t = useText();
  return (
    <NativeSelect
      label={t('users.role')}
      description={t(`roles.${chosen}.explained`)}
      data={roles.map((role) => ({ value: role, label: t(`roles.${role}`) }))}
      {...input}
    />
  );
}
