import { NativeSelect, NumberInput } from '@mantine/core';
import { type Release, RELEASE_CHANNELS, type ReleaseChannel, rollOutRelease, type Route } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { FormDialog } from '../ui/form-dialog';

interface RollOutDialogProps {
  release: Release;
  verb: 'rollOut' | 'change' | 'resume';
  opened: boolean;
  onClose: () => void;
  refresh: readonly Route[];
}

/** To whom a release goes, how fast, and after how many failures it stops by itself. */
export function RollOutDialog({ release, verb, opened, onClose, refresh }: RollOutDialogProps) {
  const t = useText();
  const { rollOut, state } = release;
  return (
    <FormDialog
      opened={opened}
      title={t(`releases.${verb}Title`, { version: release.version })}
      submit={t(`releases.${verb}`)}
      route={rollOutRelease}
      refresh={refresh}
      initialValues={() => ({
        channel: rollOut.channel as string,
        // Nobody yet: a first tenth is what most begin with.
        percentage: (state === 'ready' ? 10 : rollOut.percentage) as number | string,
        mostAtOnce: rollOut.mostAtOnce as number | string,
        failures: rollOut.stop.failures as number | string,
        sharePercent: rollOut.stop.sharePercent as number | string,
        shareAfter: rollOut.stop.shareAfter as number | string,
      })}
      toCall={({ channel, percentage, mostAtOnce, failures, sharePercent, shareAfter }) => ({
        params: { id: release.id },
        body: {
          channel: channel as ReleaseChannel,
          percentage: Number(percentage),
          mostAtOnce: Number(mostAtOnce),
          stop: {
            failures: Number(failures),
            sharePercent: Number(sharePercent),
            shareAfter: Number(shareAfter),
          },
        },
      })}
      onDone={onClose}
      onClose={onClose}
    >
      {(form) => (
        <>
          <NativeSelect
            label={t('releases.channel')}
            description={t('releases.channelHint')}
            data={RELEASE_CHANNELS.map((value) => ({ value, label: t(`releases.channel.${value}`) }))}
            {...form.getInputProps('channel')}
          />
          <NumberInput
            label={t('releases.percentage')}
            description={t('releases.percentageHint')}
            suffix=" %"
            min={0}
            max={100}
            allowDecimal={false}
            required
            {...form.getInputProps('percentage')}
          />
          <NumberInput
            label={t('releases.mostAtOnce')}
            description={t('releases.mostAtOnceHint')}
            min={1}
            max={100_000}
            allowDecimal={false}
            required
            {...form.getInputProps('mostAtOnce')}
          />
          <NumberInput
            label={t('releases.failures')}
            description={t('releases.failuresHint')}
            min={0}
            max={100_000}
            allowDecimal={false}
            required
            {...form.getInputProps('failures')}
          />
          <NumberInput
            label={t('releases.share')}
            description={t('releases.shareHint', { after: Number(form.values.shareAfter) })}
            suffix=" %"
            min={0}
            max={100}
            allowDecimal={false}
            required
            {...form.getInputProps('sharePercent')}
          />
        </>
      )}
    </FormDialog>
  );
}
