import { useCallback } from 'react';
import { notifications } from '@mantine/notifications';
import { useText } from '../messages/use-text';

/** Tells that something was done, for a moment, where it does not cover the work. */
export function useNotify(): (message: string) => void {
  const t = useText();
  return useCallback(
    (message) =>
      notifications.show({
        message,
        color: 'harbour',
        withBorder: true,
        autoClose: 5000,
        closeButtonProps: { 'aria-label': t('app.close') },
      }),
    [t],
  );
}
