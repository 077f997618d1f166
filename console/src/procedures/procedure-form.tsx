import { Button, NativeSelect, NumberInput, Textarea, TextInput } from '@mantine/core';
import {
  type Language,
  LANGUAGES,
  type Procedure,
  type ProcedureParameter,
  type SaveProcedure,
} from '@muster/contracts';
import type { ApiError } from '../api/api-error';
import { useText } from '../messages/use-text';
import { Failure } from '../ui/failure';
import classes from '../ui/form.module.css';
import { LinkButton } from '../ui/link-button';
import { useFaultForm } from '../ui/use-fault-form';
import { ParameterFields } from './parameter-fields';
import { PARAMETER_NAME, type ProcedureFields } from './procedure-fields';
import { ScriptField } from './script-field';

interface ProcedureFormProps {
  procedure?: Procedure;
  onSave: (body: SaveProcedure, onError: (error: ApiError) => void) => void;
  error: ApiError | null;
  pending: boolean;
  cancelTo: string;
}
const LONGEST_MINUTES = 24 * 60;

export function ProcedureForm({ procedure, onSave, error, pending, cancelTo }: ProcedureFormProps) {
  const t = useText();
  const { form, showFaults } = useFaultForm<ProcedureFields>({
    initialValues: fieldsOf(procedure),
    validate: {
      name: (value) => (value.trim() === '' ? t('procedures.nameMissing') : null),
      script: (value) => (value.trim() === '' ? t('procedures.scriptMissing') : null),
      minutes: (value) => (value > 0 && value <= LONGEST_MINUTES ? null : t('procedures.minutesWrong')),
      parameters: { name: (value) => (PARAMETER_NAME.test(value) ? null : t('procedures.parameterNameWrong')) },
    },
  });
  const submit = form.onSubmit((fields) => onSave(bodyOf(fields), showFaults));
  return (
    <form className={classes.form} onSubmit={submit} noValidate>
      {error && <Failure error={error} shownFields={Object.keys(form.values)} />}
      <div className={classes.row}>
        <TextInput label={t('procedures.name')} required maxLength={200} {...form.getInputProps('name')} />
        <NativeSelect
          label={t('procedures.language')}
          data={LANGUAGES.map((value) => ({ value, label: t(`languages.${value}`) }))}
          {...form.getInputProps('language')}
        />
        <NumberInput
          label={t('procedures.minutes')}
          description={t('procedures.minutesHint')}
          min={1 / 60}
          max={LONGEST_MINUTES}
          decimalScale={2}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          hideControls
          required
          {...form.getInputProps('minutes')}
        />
      </div>
      <Textarea
        label={t('procedures.description')}
        autosize
        minRows={2}
        maxRows={6}
        maxLength={2000}
        {...form.getInputProps('description')}
      />
      <ScriptField {...form.getInputProps('script')} />
      <ParameterFields form={form} />
      <div className={classes.buttons}>
        <LinkButton to={cancelTo} variant="default">
          {t('app.cancel')}
        </LinkButton>
        <Button type="submit" loading={pending} disabled={procedure && !form.isDirty()}>
          {t('app.save')}
        </Button>
      </div>
    </form>
  );
}

function fieldsOf(procedure: Procedure | undefined): ProcedureFields {
  return {
    name: procedure?.name ?? '',
    description: procedure?.description ?? '',
    language: procedure?.language ?? 'sh',
    script: procedure?.script ?? '',
    minutes: (procedure?.timeLimitSeconds ?? 600) / 60,
    parameters: (procedure?.parameters ?? []).map((parameter) => ({
      ...parameter,
      defaultValue: parameter.defaultValue ?? '',
    })),
  };
}

function bodyOf({ name, description, language, script, minutes, parameters }: ProcedureFields): SaveProcedure {
  return {
    name: name.trim(),
    description,
    language: language as Language,
    // What a browser puts into a text area's value has line feeds only; pasted scripts may not.
    script: script.replace(/\r\n?/g, '\n'),
    timeLimitSeconds: Math.max(1, Math.round(minutes * 60)),
    parameters: parameters.map(({ name, label, required, defaultValue }): ProcedureParameter => ({
      name,
      label,
      required,
      defaultValue: defaultValue === '' ? undefined : defaultValue,
    })),
  };
}
