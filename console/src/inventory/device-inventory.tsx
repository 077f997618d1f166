import { type InventorySection, readInventory, SECTION_NAMES } from '@muster/contracts';
import { IconClipboardList } from '@tabler/icons-react';
import { Link } from 'react-router';
import { useRead } from '../api/use-api';
import { ExportMenu } from '../lists/export-menu';
import { useText } from '../messages/use-text';
import { Panel } from '../ui/panel';
import { Empty, Loaded } from '../ui/states';
import { When } from '../ui/when';
import { SectionPanel } from './section-panel';
import { Unreadables } from './unreadables';
import form from '../ui/form.module.css';
import classes from './inventory.module.css';

/** Everything that a device told about itself, section by section. */
export function DeviceInventory({ deviceId }: { deviceId: string }) {
  const t = useText();
  const params = { id: deviceId };
  const inventory = useRead(readInventory, { params });
  return (
    <Loaded query={inventory} lines={12}>
      {({ sections }) => {
        const views = SECTION_NAMES.flatMap((name) => sections.find(({ section }) => section === name) ?? []);
        if (views.length === 0) {
          return (
            <Panel>
              <Empty icon={<IconClipboardList />} title={t('inventory.none')}>
                {t('inventory.noneText')}
              </Empty>
            </Panel>
          );
        }
        const missing = SECTION_NAMES.filter((name) => !views.some(({ section }) => section === name));
        return (
          <>
            <div className={classes.top}>
              <ul className={classes.jump} aria-label={t('inventory.sections')}>
                {views.map(({ section, count }) => (
                  <li key={section}>
                    <a className="link" href={`#${section}`}>
                      {t('inventory.jump', { section: t(`inventory.section.${section}`), count })}
                    </a>
                  </li>
                ))}
              </ul>
              <ExportMenu route={readInventory} args={{ params }} />
            </div>
            <div className={form.stack}>
              {views.map((view) => (
                <div key={view.section} id={view.section}>
                  {isShown(view.section) ? (
                    <SectionPanel section={view.section} view={view} />
                  ) : (
                    <Panel title={t('inventory.section.software')}>
                      <p>
                        {t('inventory.softwareCount', { count: view.count })}{' '}
                        <Link className={`link ${classes.inText}`} to={`/devices/${deviceId}?tab=software`}>
                          {t('inventory.toSoftware')}
                        </Link>{' '}
                        <span className="dim">
                          {t('inventory.collected')} <When at={view.collectedAt} />
                        </span>
                      </p>
                      <Unreadables unreadable={view.unreadable} />
                    </Panel>
                  )}
                </div>
              ))}
              {missing.length > 0 && (
                <p className="dim">
                  {t('inventory.missing', {
                    sections: missing.map((name) => t(`inventory.section.${name}`)).join(', '),
                  })}
                </p>
              )}
            </div>
          </>
        );
      }}
    </Loaded>
  );
}

const isShown = (section: InventorySection): section is Exclude<InventorySection, 'software'> => section !== 'software';
