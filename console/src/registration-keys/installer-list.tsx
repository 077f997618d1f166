import { Button } from '@mantine/core';
import { type Installer, type InstallerList, installerPackage, listInstallers } from '@muster/contracts';
import { IconDownload } from '@tabler/icons-react';
import { addressOf } from '../api/client';
import { useRead } from '../api/use-api';
import { useText } from '../messages/use-text';
import { type Column, DataTable } from '../ui/data-table';
import classes from '../ui/form.module.css';
import { Loaded } from '../ui/states';

/** How each kind of package is installed by hand, with the rights of an administrator. */
function commandOf({ format, platform }: Installer, file: string): string {
  if (format === 'deb') return `apt install ./${file}`;
  if (format === 'rpm') return `rpm -i ${file}`;
  return platform.startsWith('windows-')
    ? `Expand-Archive ${file} . ; .\\muster-agent\\install.cmd`
    : `tar -xzf ${file} && sudo sh muster-agent/install.sh`;
}

/** Packages that hold this key, and those that the server does not build, each with the reason. */
export function InstallerListing({ registrationKey }: { registrationKey: string }) {
  const t = useText();
  const list = useRead(listInstallers, { params: { key: registrationKey } });
  return (
    <section className={classes.form}>
      <div className={classes.prose}>
        <h3>{t('registrationKeys.packages.title')}</h3>
        {list.data && <p>{t('registrationKeys.packages.text', { version: list.data.version })}</p>}
      </div>
      <Loaded query={list}>{(found) => <Listed list={found} registrationKey={registrationKey} />}</Loaded>
    </section>
  );
}

function Listed({ list, registrationKey }: { list: InstallerList; registrationKey: string }) {
  const t = useText();
  const built = list.installers.filter(({ notBuilt }) => notBuilt === undefined);
  const columns: Column<Installer>[] = [
    { id: 'platform', header: t('registrationKeys.packages.platform'), cell: ({ platform }) => <Name of={platform} /> },
    {
      id: 'kind',
      header: t('registrationKeys.packages.kind'),
      cell: ({ format }) => t(`registrationKeys.packages.${format}`),
    },
    {
      id: 'use',
      header: t('registrationKeys.packages.use'),
      cell: (one) =>
        one.file === undefined ? (
          <span className="dim">{one.needs ?? t('registrationKeys.packages.line')}</span>
        ) : (
          <>
            <code dir="ltr">{commandOf(one, one.file)}</code>
            {one.caution !== undefined && <p className="dim">{one.caution}</p>}
          </>
        ),
    },
    {
      id: 'actions',
      header: t('table.actions'),
      quiet: true,
      align: 'end',
      tight: true,
      cell: ({ file }) =>
        file !== undefined && (
          <Button
            component="a"
            size="compact-sm"
            variant="default"
            leftSection={<IconDownload size={14} aria-hidden />}
            href={addressOf(installerPackage, { params: { key: registrationKey, file } })}
            download
          >
            {t('registrationKeys.packages.download')}
            <span className="visually-hidden"> {file}</span>
          </Button>
        ),
    },
  ];
  return (
    <>
      <DataTable
        caption={t('registrationKeys.packages.title')}
        columns={columns}
        rows={built}
        keyOf={({ platform, format }) => `${platform} ${format}`}
        empty={null}
      />
      <NotBuilt installers={list.installers} />
    </>
  );
}

/** One line for each platform and reason: the kinds of package of a platform mostly lack the same thing. */
function NotBuilt({ installers }: { installers: readonly Installer[] }) {
  const t = useText();
  const reasons = new Map<string, Installer[]>();
  for (const one of installers)
    if (one.notBuilt !== undefined) {
      const reason = `${one.platform} ${one.notBuilt}`;
      reasons.set(reason, [...(reasons.get(reason) ?? []), one]);
    }
  if (reasons.size === 0) return null;
  return (
    <div className={classes.prose}>
      <h3>{t('registrationKeys.packages.notBuilt')}</h3>
      <ul>
        {[...reasons].map(([reason, [first, ...more]]) => (
          <li key={reason}>
            {first && (
              <>
                <Name of={first.platform} />
                {first.format !== 'archive' &&
                  ` (${[first, ...more].map(({ format }) => `.${format}`).join(', ')})`}: {first.notBuilt}
              </>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Name({ of }: { of: Installer['platform'] }) {
  const t = useText();
  const [system, processor] = of.split('-');
  return <>{`${t(`platform.${system as 'linux' | 'windows' | 'macos'}`)}, ${processor}`}</>;
}
