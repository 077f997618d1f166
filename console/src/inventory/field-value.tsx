import { useIntl } from 'react-intl';
import { PROTECTION_STATES } from '@muster/contracts';
import { ProtectionStatus } from '../devices/protection-status';
import { formatBytes } from '../devices/units';
import { useText } from '../messages/use-text';
import { known } from '../ui/list-state';
import { Plain } from '../ui/plain';
import { When } from '../ui/when';
import type { Kind } from './section-fields';

/** A value of an inventory item. What a device did not tell is a dash; what it told wrongly is shown as it is. */
export function FieldValue({ kind = 'text', value }: { kind?: Kind; value: unknown }) {
  const t = useText();
  const intl = useIntl();
  if (kind === 'signIn' && value === undefined) return <>{t('inventory.stillSignedIn')}</>;
  if (value === undefined || value === null || value === '') return <>–</>;
  if (kind === 'flag' && typeof value === 'boolean') return <>{t(value ? 'roles.allowed' : 'roles.notAllowed')}</>;
  if (typeof value === 'number') {
    if (kind === 'bytes') return <>{formatBytes(intl, value)}</>;
    if (kind === 'megahertz') return <>{t('inventory.megahertz', { value })}</>;
    if (kind === 'transfers') return <>{t('inventory.transfers', { value })}</>;
    if (kind === 'megabits') {
      return <>{intl.formatNumber(value, { style: 'unit', unit: 'megabit-per-second' })}</>;
    }
    return <>{intl.formatNumber(value, { useGrouping: false })}</>;
  }
  if (kind === 'list' && Array.isArray(value)) return <Plain text={value.map(String).join(', ') || '–'} most={120} />;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if ((kind === 'time' || kind === 'signIn') && !Number.isNaN(Date.parse(text))) return <When at={text} />;
  const state = kind === 'state' ? known(PROTECTION_STATES, text) : undefined;
  if (state) return <ProtectionStatus state={state} />;
  return <Plain text={text} most={160} code={kind === 'code'} />;
}
