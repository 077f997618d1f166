import {
  type DeviceDetail,
  listDevices,
  listGroups,
  listMergeQuestions,
  readDashboard,
  retireDevice,
} from '@muster/contracts';
import { useText } from '../messages/use-text';
import { ConfirmDelete } from '../ui/confirm-delete';
import { setSelected } from './selection';

/** Retires a device after saying what that does. */
export function RetireDevice({ device }: { device: DeviceDetail }) {
  const t = useText();
  const { id, name } = device;
  return (
    <ConfirmDelete
      route={retireDevice}
      call={{ params: { id } }}
      verb={t('devices.retire')}
      title={t('devices.retireTitle', { name })}
      done={t('devices.retired', { name })}
      list={{ to: '/devices', route: listDevices }}
      refresh={[listGroups, listMergeQuestions, readDashboard]}
      onDone={() => setSelected([device], false)}
    >
      <p>{t('devices.retireText', { name })}</p>
      <ul>
        <li>{t('devices.retireCertificates')}</li>
        <li>{t('devices.retireOperations')}</li>
        <li>{t('devices.retireAgent')}</li>
      </ul>
      <p>{t('devices.retireFinal')}</p>
    </ConfirmDelete>
  );
}
