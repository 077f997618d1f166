import { Button, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type DeviceDetail, listDevices, readDevice, renameDevice } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { FormDialog } from '../ui/form-dialog';

export function RenameDevice({ device }: { device: DeviceDetail }) {
  const t = useText();
  const [opened, { open, close }] = useDisclosure();
  return (
    <>
      <Button variant="default" onClick={open}>
        {t('devices.rename')}
      </Button>
      <FormDialog
        opened={opened}
        title={t('devices.rename')}
        submit={t('app.save')}
        route={renameDevice}
        refresh={[readDevice, listDevices]}
        initialValues={() => ({ name: device.name === device.hostName ? '' : device.name })}
        toCall={({ name }) => ({ params: { id: device.id }, body: { name: name.trim() } })}
        onDone={close}
        onClose={close}
      >
        {(form) => (
          <TextInput
            label={t('devices.name')}
            description={t('devices.renameHint', { hostName: device.hostName })}
            maxLength={255}
            data-autofocus
            {...form.getInputProps('name')}
          />
        )}
      </FormDialog>
    </>
  );
}
