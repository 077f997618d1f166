import { Button, Checkbox, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useText } from '../messages/use-text';
import form from '../ui/form.module.css';
import { MOST_PARAMETERS, type ProcedureFields } from './procedure-fields';

/** The parameters that a person fills in at each run. */
export function ParameterFields({ form: fields }: { form: UseFormReturnType<ProcedureFields> }) {
  const t = useText();
  const { parameters } = fields.values;
  const add = () => fields.insertListItem('parameters', { name: '', label: '', required: false, defaultValue: '' });
  return (
    <fieldset className={form.fieldset}>
      <legend>{t('procedures.parameters')}</legend>
      <p className="dim">{t('procedures.parametersText')}</p>
      {parameters.map((parameter, index) => (
        <fieldset key={index} className={form.fieldset}>
          <legend>{parameter.name || t('procedures.parameter', { number: index + 1 })}</legend>
          <div className={form.row}>
            <TextInput
              label={t('procedures.parameterName')}
              description={parameter.name && `MUSTER_${parameter.name.toUpperCase()}`}
              inputWrapperOrder={['label', 'input', 'description', 'error']}
              required
              maxLength={64}
              autoCapitalize="none"
              spellCheck={false}
              {...fields.getInputProps(`parameters.${index}.name`)}
            />
            <TextInput
              label={t('procedures.parameterLabel')}
              maxLength={200}
              {...fields.getInputProps(`parameters.${index}.label`)}
            />
            <TextInput
              label={t('procedures.parameterDefault')}
              maxLength={4000}
              {...fields.getInputProps(`parameters.${index}.defaultValue`)}
            />
          </div>
          <div className={form.buttons}>
            <Checkbox
              label={t('procedures.parameterRequired')}
              {...fields.getInputProps(`parameters.${index}.required`, { type: 'checkbox' })}
            />
            <Button
              size="compact-sm"
              variant="subtle"
              color="danger"
              leftSection={<IconTrash size={14} aria-hidden />}
              onClick={() => fields.removeListItem('parameters', index)}
            >
              {t('app.remove')}
              <span className="visually-hidden"> {parameter.name}</span>
            </Button>
          </div>
        </fieldset>
      ))}
      <div>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={14} aria-hidden />}
          disabled={parameters.length >= MOST_PARAMETERS}
          onClick={add}
        >
          {t('procedures.addParameter')}
        </Button>
      </div>
    </fieldset>
  );
}
