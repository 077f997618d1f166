import type { ReactElement } from 'react';
import { createBrowserRouter, type RouteObject } from 'react-router';
import {
  createOrganisation,
  listAllSessions,
  listDeadLetters,
  listDevices,
  listGroups,
  listMergeQuestions,
  listOperations,
  listProcedures,
  listRegistrationKeys,
  listUsers,
  readDashboard,
  readEmailSettings,
  type Route,
  runProcedure,
} from '@muster/contracts';
import { LoadingScreen } from '../ui/states';
import { CrashPage } from './crash-page';
import { Gate } from './gate';
import { NEEDS } from './needs';
import { NotFoundPage } from './not-found-page';
import { Permitted } from './permitted';

type Screen = () => ReactElement;

/** A screen whose code is fetched when it is opened first, and which says so where the session may not use it. */
const screen = (path: string, needs: Pick<Route, 'access'> | undefined, load: () => Promise<Screen>): RouteObject => ({
  path,
  lazy: async () => {
    const Component = await load();
    return {
      element: (
        <Permitted needs={needs}>
          <Component />
        </Permitted>
      ),
    };
  },
});

const screens: RouteObject[] = [
  screen('', readDashboard, async () => (await import('../dashboard/dashboard-page')).DashboardPage),
  screen('devices', listDevices, async () => (await import('../devices/devices-page')).DevicesPage),
  screen('devices/:id', listDevices, async () => (await import('../devices/device-page')).DevicePage),
  screen('software', NEEDS.inventory, async () => (await import('../software/software-page')).SoftwarePage),
  screen('software/product', NEEDS.inventory, async () => (await import('../software/product-page')).ProductPage),
  screen(
    'software/devices',
    NEEDS.inventory,
    async () => (await import('../software/software-devices-page')).SoftwareDevicesPage,
  ),
  screen('changes', NEEDS.inventory, async () => (await import('../changes/changes-page')).ChangesPage),
  screen('logs', NEEDS.monitoring, async () => (await import('../logs/logs-page')).LogsPage),
  screen('groups', listGroups, async () => (await import('../groups/groups-page')).GroupsPage),
  screen('groups/:id', listGroups, async () => (await import('../groups/group-page')).GroupPage),
  screen('operations', listOperations, async () => (await import('../operations/operations-page')).OperationsPage),
  screen('operations/run', runProcedure, async () => (await import('../operations/run/run-page')).RunPage),
  screen('operations/batches/:id', listOperations, async () => (await import('../operations/batch-page')).BatchPage),
  screen('operations/:id', listOperations, async () => (await import('../operations/operation-page')).OperationPage),
  screen('procedures', listProcedures, async () => (await import('../procedures/procedures-page')).ProceduresPage),
  screen('procedures/new', listProcedures, async () => (await import('../procedures/procedure-page')).NewProcedurePage),
  screen('procedures/:id', listProcedures, async () => (await import('../procedures/procedure-page')).ProcedurePage),
  screen(
    'registration-keys',
    listRegistrationKeys,
    async () => (await import('../registration-keys/registration-keys-page')).RegistrationKeysPage,
  ),
  screen(
    'merge-questions',
    listMergeQuestions,
    async () => (await import('../merge-questions/merge-questions-page')).MergeQuestionsPage,
  ),
  screen('releases', NEEDS.releases, async () => (await import('../releases/releases-page')).ReleasesPage),
  screen('releases/:id', NEEDS.releases, async () => (await import('../releases/release-page')).ReleasePage),
  screen('audit-log', NEEDS.audit, async () => (await import('../audit/audit-page')).AuditPage),
  screen('users', listUsers, async () => (await import('../users/users-page')).UsersPage),
  screen('roles', undefined, async () => (await import('../users/roles-page')).RolesPage),
  screen('sessions', undefined, async () => (await import('../sessions/own-sessions-page')).OwnSessionsPage),
  screen('all-sessions', listAllSessions, async () => (await import('../sessions/all-sessions-page')).AllSessionsPage),
  screen('tokens', undefined, async () => (await import('../tokens/tokens-page')).TokensPage),
  screen('password', undefined, async () => (await import('../password/password-page')).PasswordPage),
  screen(
    'organisations',
    createOrganisation,
    async () => (await import('../organisations/organisations-page')).OrganisationsPage,
  ),
  screen(
    'email/settings',
    readEmailSettings,
    async () => (await import('../email/email-settings-page')).EmailSettingsPage,
  ),
  screen(
    'dead-letters',
    listDeadLetters,
    async () => (await import('../dead-letters/dead-letters-page')).DeadLettersPage,
  ),
  { path: '*', Component: NotFoundPage },
];

export const makeRouter = () =>
  createBrowserRouter([
    {
      Component: Gate,
      ErrorBoundary: CrashPage,
      HydrateFallback: LoadingScreen,
      children: [{ ErrorBoundary: CrashPage, children: screens }],
    },
  ]);
