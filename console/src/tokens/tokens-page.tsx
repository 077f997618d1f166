import { useState } from 'react';
import { Button } from '@mantine/core';
import { type CreatedApiToken, listApiTokens } from '@muster/contracts';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useRead } from '../api/use-api';
import { ExportMenu } from '../lists/export-menu';
import { useText } from '../messages/use-text';
import { Page } from '../ui/page';
import { Panel } from '../ui/panel';
import { SecretDialog } from '../ui/secret-dialog';
import { Empty, Loaded } from '../ui/states';
import { CreateTokenDialog } from './create-token-dialog';
import { TokenTable } from './token-table';

/** Secrets for programs, each with a part of its owner's permissions and an end. */
export function TokensPage() {
  const t = useText();
  const tokens = useRead(listApiTokens, {});
  const [creating, setCreating] = useState(false);
  const [issued, setIssued] = useState<CreatedApiToken>();
  const create = (
    <Button onClick={() => setCreating(true)} leftSection={<IconPlus size={16} aria-hidden />}>
      {t('tokens.create')}
    </Button>
  );
  return (
    <Page
      title={t('tokens.title')}
      description={t('tokens.text')}
      actions={
        <>
          <ExportMenu route={listApiTokens} args={{}} />
          {create}
        </>
      }
    >
      <Panel flush>
        <Loaded query={tokens}>
          {(list) => (
            <TokenTable
              tokens={list.tokens}
              empty={
                <Empty icon={<IconKey />} title={t('tokens.none')}>
                  {t('tokens.noneText')}
                </Empty>
              }
            />
          )}
        </Loaded>
      </Panel>
      <CreateTokenDialog
        opened={creating}
        onClose={() => setCreating(false)}
        onCreated={(token) => {
          setCreating(false);
          setIssued(token);
        }}
      />
      <SecretDialog
        secret={issued?.secret}
        title={t('tokens.secretTitle', { name: issued?.name ?? '' })}
        label={t('tokens.secret')}
        onClose={() => setIssued(undefined)}
      >
        {t('tokens.secretText')}
      </SecretDialog>
    </Page>
  );
}
