import { Button } from '@mantine/core';
import { deleteSavedFilter, listSavedFilters, type SavedFilter, saveFilter } from '@muster/contracts';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { Dialog } from '../ui/dialog';
import { Failure } from '../ui/failure';
import form from '../ui/form.module.css';
import { Plain } from '../ui/plain';
import classes from './lists.module.css';

interface ManageFiltersDialogProps {
  opened: boolean;
  filters: readonly SavedFilter[];
  /** What "update" stores. */
  query: string;
  onClose: () => void;
}

/** Brings a saved filter up to what the address says now, or deletes it. */
export function ManageFiltersDialog({ opened, filters, query, onClose }: ManageFiltersDialogProps) {
  const t = useText();
  const update = useWrite(saveFilter, [listSavedFilters]);
  const remove = useWrite(deleteSavedFilter, [listSavedFilters]);
  const error = update.error ?? remove.error;
  return (
    <Dialog opened={opened} onClose={onClose} title={t('lists.manageTitle')} size="lg">
      <div className={form.form}>
        {error && <Failure error={error} />}
        {filters.length === 0 && <p className="dim">{t('lists.savedNone')}</p>}
        <ul className={classes.filters}>
          {filters.map(({ id, list, name, query: stored }) => (
            <li key={id}>
              <span className={classes.name}>
                <Plain text={name} />
              </span>
              <Button
                size="compact-sm"
                variant="default"
                disabled={query === '' || stored === query || update.isPending}
                onClick={() => update.mutate({ body: { list, name, query } })}
              >
                {t('lists.update')}
                <span className="visually-hidden"> {name}</span>
              </Button>
              <Button
                size="compact-sm"
                variant="outline"
                color="danger"
                disabled={remove.isPending}
                onClick={() => remove.mutate({ params: { id } })}
              >
                {t('app.delete')}
                <span className="visually-hidden"> {name}</span>
              </Button>
            </li>
          ))}
        </ul>
        <div className={form.buttons}>
          <Button variant="default" onClick={onClose} data-autofocus>
            {t('app.close')}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
