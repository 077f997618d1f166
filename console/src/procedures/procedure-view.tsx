import type { Procedure } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { FactList } from '../ui/fact-list';
import form from '../ui/form.module.css';
import classes from './script-field.module.css';

/** A procedure for those who may not change it. */
export function ProcedureView({ procedure }: { procedure: Procedure }) {
  const t = useText();
  return (
    <div className={form.stack}>
      <FactList
        facts={[
          [t('procedures.description'), procedure.description],
          [t('procedures.language'), t(`languages.${procedure.language}`)],
          [t('procedures.minutes'), procedure.timeLimitSeconds / 60],
          [t('procedures.parameters'), procedure.parameters.map(({ label, name }) => label || name).join(', ')],
        ]}
      />
      <pre className={classes.script} dir="ltr" tabIndex={0} role="group" aria-label={t('procedures.script')}>
        {procedure.script}
      </pre>
    </div>
  );
}
