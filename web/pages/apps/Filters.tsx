import { type FormEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SearchIcon } from 'tdesign-icons-react';
import { Button } from 'tdesign-react';
import { APP_STATES, EDITIONS } from '../../api/types';
import { Field } from '../../parts/Field';
import { Choice, TextInput } from '../../parts/inputs';
import { type AppSearch, isFiltered } from './filter';

interface FiltersProps {
  search: AppSearch;
  onChange(change: AppSearch): void;
}

export function Filters({ search, onChange }: FiltersProps) {
  const { t } = useTranslation();
  const [words, setWords] = useState(search.search ?? '');
  useEffect(() => setWords(search.search ?? ''), [search.search]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onChange({ search: words });
  };
  return (
    <search>
      <form className="filters" onSubmit={submit}>
        <Field label={t('apps.search')}>
          {(ties) => (
            <TextInput
              ties={ties}
              type="search"
              value={words}
              placeholder={t('apps.searchHint')}
              autoComplete="off"
              onChange={setWords}
            />
          )}
        </Field>
        <Field label={t('apps.column.state')}>
          {(ties) => (
            <Choice
              ties={ties}
              value={search.state ?? ''}
              empty={t('apps.all')}
              options={APP_STATES.map((state) => ({ value: state, label: t(`appState.${state}`) }))}
              onChange={(state) => onChange({ search: words, state })}
            />
          )}
        </Field>
        <Field label={t('apps.column.edition')}>
          {(ties) => (
            <Choice
              ties={ties}
              value={search.edition ?? ''}
              empty={t('apps.all')}
              options={EDITIONS.map((edition) => ({ value: edition, label: t(`edition.${edition}`) }))}
              onChange={(edition) => onChange({ search: words, edition })}
            />
          )}
        </Field>
        <Button type="submit" variant="outline" theme="default" icon={<SearchIcon aria-hidden />}>
          {t('apps.find')}
        </Button>
        {isFiltered(search) && (
          <Button
            variant="text"
            theme="primary"
            onClick={() => onChange({ search: undefined, state: undefined, edition: undefined })}
          >
            {t('apps.clear')}
          </Button>
        )}
      </form>
    </search>
  );
}
