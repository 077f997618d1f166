import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type DeviceDetail, readUninstallPolicy, readUninstallToken } from '@muster/contracts';
import { useRead } from '../api/use-api';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { CopyLine } from '../ui/copy-line';
import { Dialog } from '../ui/dialog';
import classes from '../ui/form.module.css';
import { Loaded } from '../ui/states';

/** The token with which the agent may be removed from this device, where the organisation's policy wants one. */
export function UninstallToken({ device }: { device: DeviceDetail }) {
  const t = useText();
  const may = useMay();
  const allowed = may(readUninstallToken);
  const policy = useRead(readUninstallPolicy, {}, { enabled: allowed });
  const [opened, { open, close }] = useDisclosure();
  const token = useRead(readUninstallToken, { params: { id: device.id } }, { enabled: opened });
  if (!allowed || !policy.data?.tokenNeeded) return null;
  return (
    <>
      <Button variant="default" onClick={open}>
        {t('uninstall.token')}
      </Button>
      <Dialog opened={opened} onClose={close} title={t('uninstall.tokenTitle', { name: device.name })}>
        <Loaded query={token}>
          {(found) => (
            <div className={classes.form}>
              <p>{t('uninstall.tokenText')}</p>
              <CopyLine label={t('uninstall.token')} text={found.token ?? ''} />
              <CopyLine
                label={t('uninstall.command')}
                text={`sudo MUSTER_UNINSTALL_TOKEN=${found.token ?? ''} apt-get remove muster-agent`}
              />
            </div>
          )}
        </Loaded>
      </Dialog>
    </>
  );
}
