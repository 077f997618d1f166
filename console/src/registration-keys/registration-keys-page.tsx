import { useState } from 'react';
import { Button } from '@mantine/core';
import { createRegistrationKey, listRegistrationKeys, type RegistrationKey } from '@muster/contracts';
import { IconPlugConnected, IconPlus } from '@tabler/icons-react';
import { useRead } from '../api/use-api';
import { ExportMenu } from '../lists/export-menu';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { Page } from '../ui/page';
import { Panel } from '../ui/panel';
import { Empty, Loaded } from '../ui/states';
import { CreateKeyDialog } from './create-key-dialog';
import { InstallDialog } from './install-dialog';
import { KeyTable } from './key-table';
import { UninstallPolicyPanel } from './uninstall-policy';

/** Keys that let devices enrol, and the line to paste on a device. */
export function RegistrationKeysPage() {
  const t = useText();
  const may = useMay();
  const keys = useRead(listRegistrationKeys, {});
  const [creating, setCreating] = useState(false);
  const [shown, setShown] = useState<RegistrationKey>();
  const create = may(createRegistrationKey) && (
    <Button onClick={() => setCreating(true)} leftSection={<IconPlus size={16} aria-hidden />}>
      {t('registrationKeys.create')}
    </Button>
  );
  return (
    <Page
      title={t('registrationKeys.title')}
      description={t('registrationKeys.text')}
      actions={
        <>
          <ExportMenu route={listRegistrationKeys} args={{}} />
          {create}
        </>
      }
    >
      <Panel flush>
        <Loaded query={keys}>
          {(list) => (
            <KeyTable
              keys={list.keys}
              onInstall={setShown}
              empty={
                <Empty icon={<IconPlugConnected />} title={t('registrationKeys.none')} action={create}>
                  {t('registrationKeys.noneText')}
                </Empty>
              }
            />
          )}
        </Loaded>
      </Panel>
      <UninstallPolicyPanel />
      <CreateKeyDialog
        opened={creating}
        onClose={() => setCreating(false)}
        onCreated={(key) => {
          setCreating(false);
          setShown(key);
        }}
      />
      <InstallDialog registrationKey={shown} onClose={() => setShown(undefined)} />
    </Page>
  );
}
