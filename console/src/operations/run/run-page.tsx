import { useState } from 'react';
import { listProcedures } from '@muster/contracts';
import { useSearchParams } from 'react-router';
import { useRead } from '../../api/use-api';
import { useText } from '../../messages/use-text';
import form from '../../ui/form.module.css';
import { Page } from '../../ui/page';
import { Panel } from '../../ui/panel';
import { Loaded } from '../../ui/states';
import { ProcedureChoice } from './procedure-choice';
import { RunForm } from './run-form';
import { TargetChoice } from './target-choice';
import { useChosenDevices } from './use-chosen-devices';
import { useTargets } from './use-targets';
import classes from './run.module.css';

/**
 * Runs a procedure: on which devices, what, and for how long they may start it. Opened from a device (`?device=`), a group
 * (`?group=`), a procedure (`?procedure=`) or the device list, whose selection it takes. The chosen procedure is kept in
 * the address, so that it is still chosen after a look at another page.
 */
export function RunPage() {
  const t = useText();
  const [params, setParams] = useSearchParams();
  const chosen = useChosenDevices(params.get('device') ?? undefined);
  const [groupIds, setGroupIds] = useState<string[]>(() => params.getAll('group'));
  const procedures = useRead(listProcedures, { query: { size: 200 } });
  const targets = useTargets(chosen.devices, groupIds);
  const procedureId = params.get('procedure') ?? undefined;
  const setProcedureId = (id: string | undefined) =>
    setParams(
      (now) => {
        const next = new URLSearchParams(now);
        if (id) next.set('procedure', id);
        else next.delete('procedure');
        return next;
      },
      { replace: true, preventScrollReset: true },
    );

  return (
    <Page title={t('run.title')} parent={{ label: t('operations.title'), to: '/operations' }}>
      <div className={classes.columns}>
        <div className={form.stack}>
          <Panel title={t('run.what')}>
            <Loaded query={procedures}>
              {({ procedures: known, total }) => (
                <ProcedureChoice procedures={known} total={total} value={procedureId} onChange={setProcedureId} />
              )}
            </Loaded>
          </Panel>
          {procedureId && (
            <RunForm
              key={procedureId}
              procedureId={procedureId}
              targets={targets}
              deviceIds={chosen.devices.map(({ id }) => id)}
              groupIds={groupIds}
              onUsed={chosen.used}
            />
          )}
        </div>
        <TargetChoice chosen={chosen} targets={targets} groupIds={groupIds} onGroups={setGroupIds} />
      </div>
    </Page>
  );
}
