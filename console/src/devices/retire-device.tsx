import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  type DeviceDetail,
  listDevices,
  listGroups,
  listMergeQuestions,
  readDashboard,
  retireDevice,
} from '@muster/contracts';
import { useNavigate } from 'react-router';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { ConfirmDialog } from '../ui/confirm-dialog';
import { useNotify } from '../ui/use-notify';
import { setSelected } from './selection';

/** Retires a device after saying what that does. */
export function RetireDevice({ device }: { device: DeviceDetail }) {
  const t = useText();
  const notify = useNotify();
  const navigate = useNavigate();
  const [opened, { open, close }] = useDisclosure();
  const retire = useWrite(retireDevice, [listDevices, listGroups, listMergeQuestions, readDashboard]);
  const confirm = () =>
    retire.mutate(
      { params: { id: device.id } },
      {
        onSuccess: () => {
          setSelected([device], false);
          notify(t('devices.retired', { name: device.name }));
          void navigate('/devices');
        },
      },
    );
  return (
    <>
      <Button variant="outline" color="danger" onClick={open}>
        {t('devices.retire')}
      </Button>
      <ConfirmDialog
        opened={opened}
        title={t('devices.retireTitle', { name: device.name })}
        confirm={t('devices.retire')}
        dangerous
        pending={retire.isPending}
        error={retire.error}
        onConfirm={confirm}
        onClose={close}
      >
        <p>{t('devices.retireText', { name: device.name })}</p>
        <ul>
          <li>{t('devices.retireCertificates')}</li>
          <li>{t('devices.retireOperations')}</li>
          <li>{t('devices.retireAgent')}</li>
        </ul>
        <p>{t('devices.retireFinal')}</p>
      </ConfirmDialog>
    </>
  );
}
