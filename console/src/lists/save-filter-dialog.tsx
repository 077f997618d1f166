import { TextInput } from '@mantine/core';
import { listSavedFilters, type SavedFilter, saveFilter } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { FormDialog } from '../ui/form-dialog';
import { Notice } from '../ui/notice';
import { useNotify } from '../ui/use-notify';

interface SaveFilterDialogProps {
  opened: boolean;
  list: string;
  query: string;
  filters: readonly SavedFilter[];
  onClose: () => void;
}

/** Keeps the address's filters under a name; says so where the name is taken and will be overwritten. */
export function SaveFilterDialog({ opened, list, query, filters, onClose }: SaveFilterDialogProps) {
  const t = useText();
  const notify = useNotify();
  return (
    <FormDialog
      opened={opened}
      title={t('lists.saveTitle')}
      route={saveFilter}
      refresh={[listSavedFilters]}
      initialValues={() => ({ name: '' })}
      validate={{ name: (name) => (name.trim() ? null : t('lists.nameMissing')) }}
      submit={t('app.save')}
      toCall={({ name }) => ({ body: { list, name: name.trim(), query } })}
      onDone={({ name }) => {
        notify(t('lists.savedAs', { name }));
        onClose();
      }}
      onClose={onClose}
    >
      {(form) => (
        <>
          <TextInput label={t('lists.name')} required maxLength={100} data-autofocus {...form.getInputProps('name')} />
          {filters.some(({ name }) => name === form.values.name.trim()) && (
            <Notice tone="warn">{t('lists.nameTaken')}</Notice>
          )}
        </>
      )}
    </FormDialog>
  );
}
