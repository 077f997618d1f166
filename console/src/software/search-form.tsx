import { type SubmitEvent, useState } from 'react';
import { Button, NativeSelect, TextInput } from '@mantine/core';
import { VERSION_COMPARISONS } from '@muster/contracts';
import { IconSearch } from '@tabler/icons-react';
import { useText } from '../messages/use-text';
import form from '../ui/form.module.css';
import type { ListState } from '../ui/list-state';
import type { SoftwareQuestion } from './software-question';
import { sourceChoices } from './software-source';

interface SearchFormProps {
  question: SoftwareQuestion;
  set: ListState['set'];
}

/** Which devices have a product, in which version. What was asked is in the address. */
export function SearchForm({ question, set }: SearchFormProps) {
  const t = useText();
  const [name, setName] = useState(question.name ?? '');
  const [source, setSource] = useState<string>(question.source ?? '');
  const [comparison, setComparison] = useState<string>(question.comparison ?? '');
  const [version, setVersion] = useState(question.version ?? '');
  const [tried, setTried] = useState(false);
  const missing = { name: !name.trim(), version: comparison !== '' && !version.trim() };
  const ask = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    setTried(true);
    if (missing.name || missing.version) return;
    set({ name: name.trim(), source, comparison, version: comparison ? version.trim() : undefined });
  };
  return (
    <form className={form.toolbar} role="search" aria-label={t('software.findDevices')} onSubmit={ask} noValidate>
      <TextInput
        label={t('software.product')}
        required
        maxLength={400}
        value={name}
        error={tried && missing.name && t('software.productMissing')}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <NativeSelect
        label={t('software.source')}
        value={source}
        data={sourceChoices(t)}
        onChange={(event) => setSource(event.currentTarget.value)}
      />
      <NativeSelect
        label={t('software.version')}
        value={comparison}
        data={[
          { value: '', label: t('software.anyVersion') },
          ...VERSION_COMPARISONS.map((value) => ({ value, label: t(`software.comparison.${value}`) })),
        ]}
        onChange={(event) => setComparison(event.currentTarget.value)}
      />
      {comparison !== '' && (
        <TextInput
          label={t('software.thanVersion')}
          required
          maxLength={200}
          value={version}
          error={tried && missing.version && t('software.versionMissing')}
          onChange={(event) => setVersion(event.currentTarget.value)}
        />
      )}
      <Button type="submit" leftSection={<IconSearch size={15} aria-hidden />}>
        {t('software.find')}
      </Button>
    </form>
  );
}
