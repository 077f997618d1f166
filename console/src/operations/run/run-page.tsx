import { useState } from 'react';
import { type DeviceSummary, listProcedures, readDevice } from '@muster/contracts';
import { useSearchParams } from 'react-router';
import { useRead } from '../../api/use-api';
import { useSelection } from '../../devices/selection';
import { useText } from '../../messages/use-text';
import form from '../../ui/form.module.css';
import { Page } from '../../ui/page';
import { Panel } from '../../ui/panel';
import { Loaded } from '../../ui/states';
import { ProcedureChoice } from './procedure-choice';
import { RunForm } from './run-form';
import { TargetChoice } from './target-choice';
import { useTargets } from './use-targets';
import classes from './run.module.css';

/**
 * Runs a procedure: on which devices, what, and for how long they may start it. Opened from a device (`?device=`), a group
 * (`?group=`), a procedure (`?procedure=`) or the device list, whose selection it takes.
 */
export function RunPage() {
  const t = useText();
  const [params] = useSearchParams();
  const single = params.get('device') ?? undefined;
  const device = useRead(readDevice, { params: { id: single ?? '' } }, { enabled: single !== undefined });
  const [withDevice, setWithDevice] = useState(true);
  const selection = useSelection();
  const [groupIds, setGroupIds] = useState<string[]>(() => params.getAll('group'));
  const [procedureId, setProcedureId] = useState<string | undefined>(params.get('procedure') ?? undefined);
  const procedures = useRead(listProcedures, { query: { size: 200 } });

  // From a device's own page it is about this device; the selection of the list stays for later.
  const chosen: Iterable<DeviceSummary> =
    single === undefined ? selection.values() : withDevice && device.data ? [device.data] : [];
  const targets = useTargets(chosen, groupIds);

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
              deviceIds={[...(single === undefined ? selection.keys() : withDevice && device.data ? [single] : [])]}
              groupIds={groupIds}
              usesSelection={single === undefined}
            />
          )}
        </div>
        <TargetChoice
          targets={targets}
          groupIds={groupIds}
          onGroups={setGroupIds}
          fixed={single === undefined ? undefined : { query: device, included: withDevice, onInclude: setWithDevice }}
        />
      </div>
    </Page>
  );
}
