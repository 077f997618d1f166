import { PasswordInput } from '@mantine/core';
import { type TextOf, useText } from '../messages/use-text';

/** As the key manager has it; it has the last word. */
const SHORTEST = 12;

export const newPasswordFault = (t: TextOf, password: string): string | null =>
  password.length < SHORTEST ? t('password.tooShort', { shortest: SHORTEST }) : null;

export const repeatedFault = (t: TextOf, repeated: string, { newPassword }: { newPassword: string }): string | null =>
  repeated === newPassword ? null : t('password.notEqual');

interface NewPasswordFieldsProps {
  form: { getInputProps: (field: 'newPassword' | 'repeated') => object };
}

/** A new password, twice. */
export function NewPasswordFields({ form }: NewPasswordFieldsProps) {
  const t = useText();
  const common = {
    autoComplete: 'new-password',
    visibilityToggleButtonProps: { 'aria-label': t('signIn.showPassword') },
  };
  return (
    <>
      <PasswordInput
        label={t('password.new')}
        description={t('password.rule', { shortest: SHORTEST })}
        {...common}
        {...form.getInputProps('newPassword')}
      />
      <PasswordInput label={t('password.repeat')} {...common} {...form.getInputProps('repeated')} />
    </>
  );
}
