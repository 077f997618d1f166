import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { listReleases, readRelease, type Release, removeRelease, rollOutRelease, stopRelease } from '@muster/contracts';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { ConfirmDialog } from '../ui/confirm-dialog';
import { RollOutDialog } from './roll-out-dialog';

const REFRESH = [listReleases, readRelease];

/** What may be done with a release in its state. */
export function ReleaseActions({ release }: { release: Release }) {
  const t = useText();
  const may = useMay();
  const [rolling, roll] = useDisclosure();
  if (!may(rollOutRelease) || release.state === 'uploading') return <RemoveRelease release={release} />;
  const running = release.state === 'running';
  const verb = running ? 'change' : release.offered > 0 ? 'resume' : 'rollOut';
  return (
    <>
      <Button size="compact-sm" variant="subtle" onClick={roll.open}>
        {t(`releases.${verb}`)}
        <span className="visually-hidden"> {release.version}</span>
      </Button>
      {running ? <StopRelease release={release} /> : <RemoveRelease release={release} />}
      <RollOutDialog release={release} verb={verb} opened={rolling} onClose={roll.close} refresh={REFRESH} />
    </>
  );
}

function StopRelease({ release }: { release: Release }) {
  const t = useText();
  const [opened, { open, close }] = useDisclosure();
  const stop = useWrite(stopRelease, REFRESH);
  return (
    <>
      <Button size="compact-sm" variant="subtle" color="danger" onClick={open}>
        {t('releases.stop')}
        <span className="visually-hidden"> {release.version}</span>
      </Button>
      <ConfirmDialog
        opened={opened}
        title={t('releases.stopTitle', { version: release.version })}
        confirm={t('releases.stop')}
        pending={stop.isPending}
        error={stop.error}
        onClose={close}
        onConfirm={() => stop.mutate({ params: { id: release.id } }, { onSuccess: close })}
      >
        {t('releases.stopText', { installed: release.installed })}
      </ConfirmDialog>
    </>
  );
}

function RemoveRelease({ release }: { release: Release }) {
  const t = useText();
  const may = useMay();
  const [opened, { open, close }] = useDisclosure();
  const remove = useWrite(removeRelease, REFRESH);
  if (!may(removeRelease)) return null;
  return (
    <>
      <Button size="compact-sm" variant="subtle" color="danger" onClick={open}>
        {t('app.remove')}
        <span className="visually-hidden"> {release.version}</span>
      </Button>
      <ConfirmDialog
        opened={opened}
        title={t('releases.removeTitle', { version: release.version })}
        confirm={t('app.remove')}
        dangerous
        pending={remove.isPending}
        error={remove.error}
        onClose={close}
        onConfirm={() => remove.mutate({ params: { id: release.id } }, { onSuccess: close })}
      >
        {t('releases.removeText')}
      </ConfirmDialog>
    </>
  );
}
