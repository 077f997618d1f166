import type { AuditFault } from '@muster/contracts';
import { type TextOf, useText } from '../../messages/use-text';
import { type Column, DataTable } from '../../ui/data-table';
import { Notice } from '../../ui/notice';
import { Plain } from '../../ui/plain';
import type { Verification } from './verify-chain';

/** What came of a verification, in words: nothing wrong, or what and where. */
export function Verdict({ result }: { result: Verification }) {
  const t = useText();
  const { faults, complete, checkedFrom, checkedTo, headsChecked } = result;
  const extent = t('audit.verify.extent', { from: checkedFrom, to: checkedTo, heads: headsChecked });
  if (faults.length === 0) {
    const title =
      checkedTo === 0 ? 'audit.verify.empty' : complete ? 'audit.verify.intact' : 'audit.verify.intactSoFar';
    return (
      <Notice tone={complete ? 'good' : 'info'} title={t(title)} announce>
        {checkedTo > 0 && extent}
      </Notice>
    );
  }
  return (
    <>
      <Notice tone="bad" title={t('audit.verify.broken', { count: faults.length })} announce>
        <p>{extent}</p>
        <p>{t('audit.verify.brokenText')}</p>
      </Notice>
      <DataTable
        caption={t('audit.verify.faults')}
        columns={columns(t)}
        rows={faults}
        keyOf={({ fault, number, problem }) => `${fault} ${number} ${problem}`}
        empty={null}
      />
    </>
  );
}

const columns = (t: TextOf): Column<AuditFault>[] => [
  { id: 'number', header: t('audit.number'), cell: ({ number }) => t('table.number', { value: number }) },
  {
    id: 'fault',
    header: t('audit.verify.fault'),
    cell: ({ fault }) => (
      <>
        <strong>{t(`audit.fault.${fault}`)}</strong>
        <p className="dim">{t(`audit.fault.${fault}.explained`)}</p>
      </>
    ),
  },
  { id: 'problem', header: t('audit.verify.problem'), cell: ({ problem }) => <Plain text={problem} lines /> },
];
