import { type DeviceDetail, listMergeQuestions, listOperations } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { FactList } from '../ui/fact-list';
import { LinkButton } from '../ui/link-button';
import { Notice } from '../ui/notice';
import { Panel } from '../ui/panel';
import { When } from '../ui/when';
import { platformName } from './platform-name';
import { LastContact } from './last-contact';
import { PresenceStatus } from './presence-status';

export function DeviceOverview({ device }: { device: DeviceDetail }) {
  const t = useText();
  return (
    <>
      <AttentionNotice device={device} />
      <Panel title={t('devices.tab.overview')}>
        <FactList
          facts={[
            [t('devices.presence'), <PresenceStatus key="presence" presence={device.presence} />],
            [t('devices.lastContact'), <LastContact key="contact" device={device} />],
            [t('devices.lastRequest'), <When key="request" at={device.lastContactAt} relative />],
            [t('devices.address'), device.address && <span dir="ltr">{device.address}</span>],
            [
              t('devices.hostName'),
              <span key="host" dir="ltr">
                {device.hostName}
              </span>,
            ],
            [t('devices.platform'), platformName(t, device.platform)],
            [t('devices.system'), device.osName],
            [t('devices.user'), device.user],
            [t('devices.agent'), device.agentVersion],
            [t('devices.enrolled'), <When key="enrolled" at={device.enrolledAt} />],
            [t('devices.id'), <code key="id">{device.id}</code>],
          ]}
        />
      </Panel>
    </>
  );
}

/** Why the device is marked, and the way to settle it. */
function AttentionNotice({ device }: { device: DeviceDetail }) {
  const t = useText();
  const may = useMay();
  if (!device.attention) return null;
  const merge = device.mergeQuestionIds.length > 0;
  return (
    <Notice
      tone="warn"
      title={t('devices.attention')}
      actions={
        <>
          {merge && may(listMergeQuestions) && (
            <LinkButton to="/merge-questions" size="xs" variant="default">
              {t('mergeQuestions.title')}
            </LinkButton>
          )}
          {!merge && may(listOperations) && (
            <LinkButton to={`/operations?device=${device.id}&state=ERROR`} size="xs" variant="default">
              {t('dashboard.failed')}
            </LinkButton>
          )}
        </>
      }
    >
      {t(merge ? 'devices.attentionMerge' : 'devices.attentionFailed')}
    </Notice>
  );
}
