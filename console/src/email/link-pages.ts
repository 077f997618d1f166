import { type ComponentType, lazy, type LazyExoticComponent } from 'react';
import { INVITATION_PAGE, PASSWORD_RESET_PAGE } from '@muster/contracts';

/** Where somebody asks for a link by mail. */
export const FORGOTTEN_PAGE = '/forgotten-password';

/** Pages for people who have no session, and may have another person's: shown whoever is signed in. */
export const LINK_PAGES: Readonly<Record<string, LazyExoticComponent<ComponentType>>> = {
  [INVITATION_PAGE]: lazy(async () => ({ default: (await import('./invitation-page')).InvitationPage })),
  [PASSWORD_RESET_PAGE]: lazy(async () => ({ default: (await import('./password-reset-page')).PasswordResetPage })),
  [FORGOTTEN_PAGE]: lazy(async () => ({ default: (await import('./forgotten-page')).ForgottenPage })),
};
