import { notifications } from '@mantine/notifications';

/** Tells that something was done, for a moment, where it does not cover the work. */
export const notifyDone = (message: string): void => {
  notifications.show({ message, color: 'harbour', withBorder: true, autoClose: 5000 });
};
