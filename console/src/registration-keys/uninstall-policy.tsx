import { Switch } from '@mantine/core';
import { changeUninstallPolicy, readUninstallPolicy, readUninstallToken } from '@muster/contracts';
import { useRead, useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { Failure } from '../ui/failure';
import classes from '../ui/form.module.css';
import { Panel } from '../ui/panel';
import { Loaded } from '../ui/states';

/** Whether removing the agent from a device needs its token. */
export function UninstallPolicyPanel() {
  const t = useText();
  const may = useMay();
  const allowed = may(readUninstallPolicy);
  const policy = useRead(readUninstallPolicy, {}, { enabled: allowed });
  const change = useWrite(changeUninstallPolicy, [readUninstallPolicy, readUninstallToken]);
  if (!allowed) return null;
  return (
    <Panel title={t('uninstall.policy')}>
      <Loaded query={policy}>
        {({ tokenNeeded }) => (
          <div className={classes.form}>
            <Switch
              label={t('uninstall.tokenNeeded')}
              description={t('uninstall.tokenNeededHint')}
              checked={tokenNeeded}
              disabled={!may(changeUninstallPolicy) || change.isPending}
              onChange={(event) => change.mutate({ body: { tokenNeeded: event.currentTarget.checked } })}
            />
            {change.error && <Failure error={change.error} />}
          </div>
        )}
      </Loaded>
    </Panel>
  );
}
