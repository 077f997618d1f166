import { useState } from 'react';
import { Button } from '@mantine/core';
import { type CreatedOrganisation, listOrganisations, type Organisation } from '@muster/contracts';
import { IconBuildingSkyscraper, IconPlus } from '@tabler/icons-react';
import { useRead } from '../api/use-api';
import { ExportMenu } from '../lists/export-menu';
import { type TextOf, useText } from '../messages/use-text';
import { type Column, DataTable } from '../ui/data-table';
import { Page } from '../ui/page';
import { Panel } from '../ui/panel';
import { SecretDialog } from '../ui/secret-dialog';
import { Empty, Loaded } from '../ui/states';
import { When } from '../ui/when';
import { CreateOrganisationDialog } from './create-organisation-dialog';
import { Plain } from '../ui/plain';

/** Customers of a service provider: each with devices and people of its own. */
export function OrganisationsPage() {
  const t = useText();
  const organisations = useRead(listOrganisations, {});
  const [creating, setCreating] = useState(false);
  const [issued, setIssued] = useState<CreatedOrganisation>();
  return (
    <Page
      title={t('organisations.title')}
      description={t('organisations.text')}
      actions={
        <>
          <ExportMenu route={listOrganisations} args={{}} />
          <Button onClick={() => setCreating(true)} leftSection={<IconPlus size={16} aria-hidden />}>
            {t('organisations.create')}
          </Button>
        </>
      }
    >
      <Panel flush>
        <Loaded query={organisations}>
          {(list) => (
            <DataTable
              caption={t('organisations.title')}
              columns={columns(t)}
              rows={list.organisations}
              keyOf={({ id }) => id}
              empty={<Empty icon={<IconBuildingSkyscraper />} title={t('organisations.none')} />}
            />
          )}
        </Loaded>
      </Panel>
      <CreateOrganisationDialog
        opened={creating}
        onClose={() => setCreating(false)}
        onCreated={(created) => {
          setCreating(false);
          setIssued(created);
        }}
      />
      <SecretDialog
        secret={issued?.ownerOneTimePassword}
        title={t('organisations.ownerTitle', { name: issued?.name ?? '' })}
        label={t('users.oneTimePassword')}
        onClose={() => setIssued(undefined)}
      >
        {t('users.passwordText')}
      </SecretDialog>
    </Page>
  );
}

const columns = (t: TextOf): Column<Organisation>[] => [
  { id: 'name', header: t('organisations.name'), cell: ({ name }) => <Plain text={name} /> },
  { id: 'id', header: t('organisations.id'), cell: ({ id }) => <code>{id}</code> },
  { id: 'created', header: t('organisations.created'), tight: true, cell: ({ createdAt }) => <When at={createdAt} /> },
];
