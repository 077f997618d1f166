import { Button, NumberInput, Switch, Textarea, TextInput } from '@mantine/core';
import { type AuditForwardingState, readAuditForwarding, setAuditForwarding } from '@muster/contracts';
import { useQuery } from '@tanstack/react-query';
import type { ApiError } from '../api/api-error';
import { api } from '../api/client';
import { keyOf, useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { FactList } from '../ui/fact-list';
import { Failure } from '../ui/failure';
import form from '../ui/form.module.css';
import { Notice } from '../ui/notice';
import { Panel } from '../ui/panel';
import { Plain } from '../ui/plain';
import { Loaded } from '../ui/states';
import { useFaultForm } from '../ui/use-fault-form';
import { useNotify } from '../ui/use-notify';

/** Milliseconds between looks at how far forwarding has come. */
const LOOK_EVERY = 10_000;

/** Where entries are handed over to as they are made: a syslog server, over TLS. */
export function ForwardingPanel() {
  const t = useText();
  const may = useMay();
  const state = useQuery<AuditForwardingState, ApiError>({
    queryKey: keyOf(readAuditForwarding, {}),
    queryFn: ({ signal }) => api.call(readAuditForwarding, {}, signal),
    refetchInterval: LOOK_EVERY,
  });
  return (
    <Loaded query={state}>
      {(data) => (
        <div className={form.stack}>
          <ForwardingNow state={data} />
          {may(setAuditForwarding) && (
            <Panel title={t('audit.forwarding.setting')}>
              <ForwardingForm state={data} />
            </Panel>
          )}
        </div>
      )}
    </Loaded>
  );
}

function ForwardingNow({ state }: { state: AuditForwardingState }) {
  const t = useText();
  const { enabled, host, port, forwardedTo, waiting, problem } = state;
  return (
    <Panel title={t('audit.forwarding.title')}>
      <div className={form.form}>
        <p>{t('audit.forwarding.text')}</p>
        {!enabled && <Notice tone="info">{t('audit.forwarding.off')}</Notice>}
        {enabled && problem && (
          <Notice tone="bad" title={t('audit.forwarding.stuck')}>
            <Plain text={problem} lines />
          </Notice>
        )}
        {enabled && !problem && (
          <Notice tone="good">{t(waiting === 0 ? 'audit.forwarding.upToDate' : 'audit.forwarding.behind')}</Notice>
        )}
        {enabled && (
          <FactList
            facts={[
              [t('audit.forwarding.server'), <Plain key="server" text={`${host}:${port}`} code />],
              [t('audit.forwarding.forwardedTo'), t('table.number', { value: forwardedTo })],
              [t('audit.forwarding.waiting'), t('table.number', { value: waiting })],
            ]}
          />
        )}
      </div>
    </Panel>
  );
}

function ForwardingForm({ state }: { state: AuditForwardingState }) {
  const t = useText();
  const notify = useNotify();
  const save = useWrite(setAuditForwarding, [readAuditForwarding]);
  const { form: fields, showFaults } = useFaultForm({
    initialValues: {
      enabled: state.enabled,
      host: state.host,
      port: state.port || 6514,
      anchors: state.anchors ?? '',
    },
    validate: {
      host: (host, { enabled }) => (enabled && !host.trim() ? t('audit.forwarding.hostMissing') : null),
      port: (port) => (Number.isInteger(port) && port >= 1 && port <= 65_535 ? null : t('audit.forwarding.portWrong')),
    },
  });
  const send = ({ anchors, host, ...rest }: typeof fields.values) =>
    save.mutate(
      { body: { ...rest, host: host.trim(), anchors: anchors.trim() || undefined } },
      { onSuccess: () => notify(t('audit.forwarding.saved')), onError: showFaults },
    );
  return (
    <form className={`${form.form} ${form.narrow}`} onSubmit={fields.onSubmit(send)} noValidate>
      {save.error && <Failure error={save.error} shownFields={Object.keys(fields.values)} />}
      <Switch
        label={t('audit.forwarding.enabled')}
        description={t('audit.forwarding.enabledHint')}
        {...fields.getInputProps('enabled', { type: 'checkbox' })}
      />
      <div className={form.row}>
        <TextInput
          label={t('audit.forwarding.host')}
          required={fields.values.enabled}
          maxLength={253}
          {...fields.getInputProps('host')}
        />
        <NumberInput
          label={t('audit.forwarding.port')}
          min={1}
          max={65_535}
          required
          {...fields.getInputProps('port')}
        />
      </div>
      <Textarea
        label={t('audit.forwarding.anchors')}
        description={t('audit.forwarding.anchorsHint')}
        rows={6}
        dir="ltr"
        maxLength={65_536}
        {...fields.getInputProps('anchors')}
      />
      <div className={form.buttons}>
        <Button type="submit" loading={save.isPending}>
          {t('app.save')}
        </Button>
      </div>
    </form>
  );
}
