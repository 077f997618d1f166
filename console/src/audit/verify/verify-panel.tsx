import { useState } from 'react';
import { Button, FileButton, Progress } from '@mantine/core';
import { type AuditHead, listAudit, listAuditHeads } from '@muster/contracts';
import { IconShieldCheck, IconUpload } from '@tabler/icons-react';
import { useRead } from '../../api/use-api';
import { ExportMenu } from '../../lists/export-menu';
import { useText } from '../../messages/use-text';
import { Failure } from '../../ui/failure';
import form from '../../ui/form.module.css';
import { Notice } from '../../ui/notice';
import { Panel } from '../../ui/panel';
import { readHeads } from './heads-file';
import { useVerification } from './use-verification';
import { Verdict } from './verdict';

interface KeptHeads {
  name: string;
  heads: AuditHead[];
}

/** Checks the chain of entries: against itself, against the heads kept by the server, and against heads kept elsewhere. */
export function VerifyPanel() {
  const t = useText();
  const [kept, setKept] = useState<KeptHeads>();
  const [unusable, setUnusable] = useState<string>();
  const newest = useRead(listAudit, { query: { size: 1 } });
  const { busy, sofar, error, start, stop } = useVerification();
  const upload = async (file: File | null) => {
    setUnusable(undefined);
    setKept(undefined);
    if (!file) return;
    try {
      setKept({ name: file.name, heads: readHeads(await file.text()) });
    } catch {
      setUnusable(file.name);
    }
  };
  const last = newest.data?.entries[0]?.number;
  const reached = sofar && last ? Math.min(100, (100 * sofar.checkedTo) / last) : 0;
  return (
    <div className={form.stack}>
      <Panel
        title={t('audit.verify.heads')}
        actions={<ExportMenu route={listAuditHeads} args={{}} size="compact-sm" />}
      >
        <p>{t('audit.verify.headsText')}</p>
      </Panel>
      <Panel title={t('audit.verify.title')}>
        <div className={form.form}>
          <p>{t('audit.verify.text')}</p>
          <div className={form.toolbar}>
            <Button
              leftSection={<IconShieldCheck size={16} aria-hidden />}
              loading={busy}
              onClick={() => void start(kept?.heads ?? [])}
            >
              {t('audit.verify.start')}
            </Button>
            {busy && (
              <Button variant="default" onClick={stop}>
                {t('audit.verify.stop')}
              </Button>
            )}
            <FileButton accept="application/json,.json" onChange={(file) => void upload(file)}>
              {(props) => (
                <Button {...props} variant="default" disabled={busy} leftSection={<IconUpload size={16} aria-hidden />}>
                  {t('audit.verify.upload')}
                </Button>
              )}
            </FileButton>
          </div>
          {unusable && (
            <Notice tone="bad" announce>
              {t('audit.verify.unusable', { name: unusable })}
            </Notice>
          )}
          {kept && <Notice tone="info">{t('audit.verify.kept', { name: kept.name, count: kept.heads.length })}</Notice>}
          {busy && (
            <div role="status">
              <Progress value={reached} aria-label={t('audit.verify.progress')} />
              <p className="dim">{t('audit.verify.sofar', { to: sofar?.checkedTo ?? 0, last: last ?? 0 })}</p>
            </div>
          )}
          {error && <Failure error={error} />}
          {!busy && !error && sofar && <Verdict result={sofar} />}
        </div>
      </Panel>
    </div>
  );
}
