import type { InventorySummary } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { Plain } from '../ui/plain';
import { ProtectionStatus } from './protection-status';
import classes from './devices.module.css';

/** What one wants to know of a machine at a glance, out of its inventory. */
export function DeviceHighlights({ inventory }: { inventory: InventorySummary }) {
  const t = useText();
  const model = [inventory.manufacturer, inventory.model].filter(Boolean).join(' ');
  return (
    <ul className={classes.highlights} aria-label={t('devices.highlights')}>
      {model && (
        <li>
          <Plain text={model} most={80} />
        </li>
      )}
      {inventory.serialNumber && (
        <li>
          <span className="dim">{t('facts.serialNumber')}</span> <Plain text={inventory.serialNumber} most={60} code />
        </li>
      )}
      <li>
        <span className="dim">{t('devices.encryption')}</span> <ProtectionStatus state={inventory.encryption} />
      </li>
      <li>
        <span className="dim">{t('devices.antivirus')}</span> <ProtectionStatus state={inventory.antivirus} />
      </li>
      {inventory.lastUser && (
        <li>
          <span className="dim">{t('devices.lastUser')}</span> <Plain text={inventory.lastUser} most={60} />
        </li>
      )}
    </ul>
  );
}
