import {
  type Icon,
  IconBuildingSkyscraper,
  IconCloudDownload,
  IconDeviceDesktop,
  IconFolders,
  IconGitMerge,
  IconHistory,
  IconKey,
  IconLayoutDashboard,
  IconListCheck,
  IconLock,
  IconMail,
  IconMailExclamation,
  IconNotes,
  IconPackage,
  IconPlugConnected,
  IconShieldCheck,
  IconTerminal2,
  IconUsers,
  IconUserShield,
} from '@tabler/icons-react';
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
  readEmailSettings,
  type Route,
} from '@muster/contracts';
import type { MessageId } from '../messages/languages';
import { NEEDS } from './needs';

export interface NavigationItem {
  to: string;
  label: MessageId;
  icon: Icon;
  /** The route that the screen reads first: who may not call it does not see the item. */
  needs?: Pick<Route, 'access'>;
}
export interface NavigationSection {
  label: MessageId;
  items: readonly NavigationItem[];
}

export const NAVIGATION: readonly NavigationSection[] = [
  {
    label: 'navigation.fleet',
    items: [
      { to: '/', label: 'dashboard.title', icon: IconLayoutDashboard, needs: listDevices },
      { to: '/devices', label: 'devices.title', icon: IconDeviceDesktop, needs: listDevices },
      { to: '/groups', label: 'groups.title', icon: IconFolders, needs: listGroups },
      { to: '/software', label: 'software.title', icon: IconPackage, needs: NEEDS.inventory },
      { to: '/changes', label: 'changes.title', icon: IconHistory, needs: NEEDS.inventory },
      { to: '/logs', label: 'logs.pageTitle', icon: IconNotes, needs: NEEDS.monitoring },
    ],
  },
  {
    label: 'navigation.work',
    items: [
      { to: '/operations', label: 'operations.title', icon: IconListCheck, needs: listOperations },
      { to: '/procedures', label: 'procedures.title', icon: IconTerminal2, needs: listProcedures },
    ],
  },
  {
    label: 'navigation.enrolment',
    items: [
      {
        to: '/registration-keys',
        label: 'registrationKeys.title',
        icon: IconPlugConnected,
        needs: listRegistrationKeys,
      },
      { to: '/releases', label: 'releases.title', icon: IconCloudDownload, needs: NEEDS.releases },
      { to: '/merge-questions', label: 'mergeQuestions.title', icon: IconGitMerge, needs: listMergeQuestions },
    ],
  },
  {
    label: 'navigation.access',
    items: [
      { to: '/users', label: 'users.title', icon: IconUsers, needs: listUsers },
      { to: '/roles', label: 'roles.title', icon: IconUserShield },
      { to: '/all-sessions', label: 'sessions.allTitle', icon: IconLock, needs: listAllSessions },
      { to: '/tokens', label: 'tokens.title', icon: IconKey },
      { to: '/audit-log', label: 'audit.title', icon: IconShieldCheck, needs: NEEDS.audit },
    ],
  },
  {
    label: 'navigation.system',
    items: [
      { to: '/organisations', label: 'organisations.title', icon: IconBuildingSkyscraper, needs: createOrganisation },
      { to: '/email/settings', label: 'email.title', icon: IconMail, needs: readEmailSettings },
      { to: '/dead-letters', label: 'deadLetters.title', icon: IconMailExclamation, needs: listDeadLetters },
    ],
  },
];
