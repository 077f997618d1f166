import { Button, NativeSelect, TextInput } from '@mantine/core';
import { type Procedure, listOperations, readDashboard, readProcedure, runProcedure } from '@muster/contracts';
import { useNavigate } from 'react-router';
import { useRead, useWrite } from '../../api/use-api';
import { useText } from '../../messages/use-text';
import { Failure } from '../../ui/failure';
import classes from '../../ui/form.module.css';
import { Panel } from '../../ui/panel';
import { Loaded } from '../../ui/states';
import { useFaultForm } from '../../ui/use-fault-form';
import { RunSummary } from './run-summary';
import type { Targets } from './use-targets';

const HOUR = 3600;
/** For how long devices may still start it, in seconds. */
const EXPIRIES = [HOUR, 8 * HOUR, 24 * HOUR, 72 * HOUR, 168 * HOUR, 720 * HOUR] as const;
const DEFAULT_EXPIRY = 168 * HOUR;

interface RunFormProps {
  procedureId: string;
  targets: Targets;
  deviceIds: string[];
  groupIds: string[];
  /** The devices were asked. */
  onUsed: () => void;
}

export function RunForm({ procedureId, ...rest }: RunFormProps) {
  const procedure = useRead(readProcedure, { params: { id: procedureId } });
  return <Loaded query={procedure}>{(data) => <ParametersForm procedure={data} {...rest} />}</Loaded>;
}

function ParametersForm({
  procedure,
  targets,
  deviceIds,
  groupIds,
  onUsed,
}: Omit<RunFormProps, 'procedureId'> & { procedure: Procedure }) {
  const t = useText();
  const navigate = useNavigate();
  const run = useWrite(runProcedure, [listOperations, readDashboard]);
  const { form, showFaults } = useFaultForm({
    initialValues: {
      expiry: String(DEFAULT_EXPIRY),
      values: Object.fromEntries(procedure.parameters.map(({ name, defaultValue }) => [name, defaultValue ?? ''])),
    },
    validate: {
      values: Object.fromEntries(
        procedure.parameters
          .filter(({ required }) => required)
          .map(({ name }) => [name, (value: string) => (value === '' ? t('run.parameterMissing') : null)]),
      ),
    },
  });
  const submit = form.onSubmit(({ expiry, values }) => {
    const parameters = procedure.parameters
      .map(({ name }) => ({ name, value: values[name] ?? '' }))
      .filter(({ value }) => value !== '');
    const body = { procedureId: procedure.id, deviceIds, groupIds, parameters, expiresInSeconds: Number(expiry) };
    run.mutate(
      { body },
      {
        onError: showFaults,
        onSuccess: (batch) => {
          onUsed();
          void navigate(`/operations/batches/${batch.id}`);
        },
      },
    );
  });
  return (
    <Panel title={procedure.name}>
      <form className={classes.form} onSubmit={submit} noValidate>
        {procedure.description && <p className="dim">{procedure.description}</p>}
        {procedure.parameters.map(({ name, label, required }) => (
          <TextInput
            key={name}
            label={label || name}
            description={t('run.parameterHint', { name: `MUSTER_${name.toUpperCase()}` })}
            required={required}
            maxLength={4000}
            {...form.getInputProps(`values.${name}`)}
          />
        ))}
        <NativeSelect
          label={t('run.expiry')}
          description={t('run.expiryHint')}
          data={EXPIRIES.map((seconds) => ({
            value: String(seconds),
            label: t('run.hours', { hours: seconds / HOUR }),
          }))}
          {...form.getInputProps('expiry')}
        />
        <RunSummary targets={targets} procedure={procedure} expirySeconds={Number(form.values.expiry)} />
        {run.error && <Failure key={run.submittedAt} error={run.error} shownFields={Object.keys(form.values)} />}
        <div className={classes.buttons}>
          <Button type="submit" loading={run.isPending} disabled={targets.count === 0 || targets.pending}>
            {t('run.submit', { count: targets.count })}
          </Button>
        </div>
      </form>
    </Panel>
  );
}
