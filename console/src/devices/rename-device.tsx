import { Button, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type DeviceDetail, listDevices, readDevice, renameDevice } from '@muster/contracts';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { Dialog } from '../ui/dialog';
import { Failure } from '../ui/failure';
import classes from '../ui/form.module.css';
import { useFaultForm } from '../ui/use-fault-form';

export function RenameDevice({ device }: { device: DeviceDetail }) {
  const t = useText();
  const [opened, { open, close }] = useDisclosure();
  return (
    <>
      <Button variant="default" onClick={open}>
        {t('devices.rename')}
      </Button>
      <Dialog opened={opened} onClose={close} title={t('devices.rename')}>
        <RenameForm device={device} onDone={close} />
      </Dialog>
    </>
  );
}

function RenameForm({ device, onDone }: { device: DeviceDetail; onDone: () => void }) {
  const t = useText();
  const rename = useWrite(renameDevice, [readDevice, listDevices]);
  const given = device.name === device.hostName ? '' : device.name;
  const { form, showFaults } = useFaultForm({ initialValues: { name: given } });
  const submit = form.onSubmit(({ name }) =>
    rename.mutate(
      { params: { id: device.id }, body: { name: name.trim() } },
      { onSuccess: onDone, onError: showFaults },
    ),
  );
  return (
    <form className={classes.form} onSubmit={submit}>
      {rename.error && <Failure error={rename.error} shownFields={Object.keys(form.values)} />}
      <TextInput
        label={t('devices.name')}
        description={t('devices.renameHint', { hostName: device.hostName })}
        maxLength={255}
        data-autofocus
        {...form.getInputProps('name')}
      />
      <div className={classes.buttons}>
        <Button variant="default" onClick={onDone}>
          {t('app.cancel')}
        </Button>
        <Button type="submit" loading={rename.isPending}>
          {t('app.save')}
        </Button>
      </div>
    </form>
  );
}
