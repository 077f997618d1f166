import { TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { Role } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { RoleField } from './role-field';
import { useAssignableRoles } from './use-assignable-roles';

/** What is asked of everybody who is to work here. */
export interface PersonValues extends Record<string, unknown> {
  email: string;
  name: string;
  role: Role;
}

export const NOBODY: PersonValues = { email: '', name: '', role: 'technician' };

export const personOf = ({ email, name, role }: PersonValues) => ({ email: email.trim(), name: name.trim(), role });

/** Checks of the fields, for the form's `validate`. */
export function usePersonChecks() {
  const t = useText();
  return {
    email: (value: string) => (/^\S+@\S+$/.test(value.trim()) ? null : t('users.emailWrong')),
    name: (value: string) => (value.trim() === '' ? t('users.nameMissing') : null),
  };
}

/** Address, name and role of somebody who is created or invited. */
export function PersonFields({ form }: { form: Pick<UseFormReturnType<PersonValues>, 'getInputProps' | 'values'> }) {
  const t = useText();
  const roles = useAssignableRoles();
  return (
    <>
      <TextInput
        label={t('users.email')}
        type="email"
        required
        autoComplete="off"
        maxLength={254}
        data-autofocus
        {...form.getInputProps('email')}
      />
      <TextInput label={t('users.name')} required maxLength={200} {...form.getInputProps('name')} />
      <RoleField roles={roles} chosen={form.values.role} {...form.getInputProps('role')} />
    </>
  );
}
