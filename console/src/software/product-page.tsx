import { readSoftwareVersions, SOFTWARE_SOURCES, type SoftwareProduct, type SoftwareVersion } from '@muster/contracts';
import { Link, useSearchParams } from 'react-router';
import { useRead } from '../api/use-api';
import { NotFoundPage } from '../app/not-found-page';
import { ExportMenu } from '../lists/export-menu';
import { type TextOf, useText } from '../messages/use-text';
import { type Column, DataTable } from '../ui/data-table';
import { FactList } from '../ui/fact-list';
import form from '../ui/form.module.css';
import { harmless } from '../ui/harmless';
import { LinkButton } from '../ui/link-button';
import { known } from '../ui/list-state';
import { Page } from '../ui/page';
import { Panel } from '../ui/panel';
import { Plain } from '../ui/plain';
import { Empty, Loaded } from '../ui/states';
import { installationsAddress } from './addresses';

/** The versions of a product in the order of its platform, and how many devices have each. */
export function ProductPage() {
  const t = useText();
  const [params] = useSearchParams();
  const source = known(SOFTWARE_SOURCES, params.get('source') ?? undefined);
  const name = params.get('name')?.slice(0, 400);
  const query = { source: source ?? 'dpkg', name: name ?? '' };
  const versions = useRead(readSoftwareVersions, { query }, { enabled: Boolean(source && name) });
  if (!source || !name) return <NotFoundPage />;
  return (
    <Page
      title={harmless(name.slice(0, 120))}
      parent={{ label: t('software.title'), to: '/software' }}
      actions={
        <>
          <ExportMenu route={readSoftwareVersions} args={{ query }} />
          <LinkButton to={installationsAddress(source, name)} variant="default">
            {t('software.allDevices')}
          </LinkButton>
        </>
      }
    >
      <Loaded query={versions}>
        {(data) => (
          <div className={form.stack}>
            <Panel>
              <FactList
                facts={[
                  [t('software.name'), <Plain key="name" text={name} />],
                  [t('software.source'), t(`software.source.${source}`)],
                  [t('software.publisher'), data.product.publisher && <Plain text={data.product.publisher} />],
                  [t('software.versions'), t('table.number', { value: data.product.versions })],
                  [t('software.installations'), t('table.number', { value: data.product.installations })],
                ]}
              />
            </Panel>
            <Panel title={t('software.versions')} flush>
              <DataTable
                caption={t('software.versionsOf', { name })}
                columns={columns(t, data.product)}
                rows={data.versions}
                keyOf={({ version }) => version}
                empty={<Empty title={t('software.goneTitle')} />}
              />
            </Panel>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

const columns = (t: TextOf, { source, name }: SoftwareProduct): Column<SoftwareVersion>[] => [
  { id: 'version', header: t('software.version'), cell: ({ version }) => <Plain text={version} code /> },
  {
    id: 'devices',
    header: t('devices.title'),
    cell: ({ version, devices }) => (
      <Link className="link" to={installationsAddress(source, name, { comparison: 'exactly', version })}>
        {t('table.number', { value: devices })}
      </Link>
    ),
  },
  {
    id: 'older',
    header: t('software.older'),
    cell: ({ version }) => (
      <Link className="link" to={installationsAddress(source, name, { comparison: 'below', version })}>
        {t('software.olderLink')}
        <span className="visually-hidden"> {harmless(version)}</span>
      </Link>
    ),
  },
];
