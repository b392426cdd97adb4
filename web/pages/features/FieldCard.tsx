import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { AddIcon } from 'tdesign-icons-react';
import { Button } from 'tdesign-react';
import type { Setting } from '../../api/types';
import { Note } from '../../parts/states';
import { split, TABLES, type TableKind } from './cards';
import { FieldDialog } from './FieldDialog';
import { FieldTable } from './FieldTable';
import { type CustomField, readFields, writeFields } from './fields';
import { useSet } from './useSettings';

interface FieldCardProps {
  kind: TableKind;
  sdkAppId: number;
  setting: Setting;
}

/** Custom fields of users or of friends: they come, and never go; of those of users the permissions may change. */
export function FieldCard({ kind, sdkAppId, setting }: FieldCardProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<'add' | CustomField>();
  const [saved, setSaved] = useState(false);
  const set = useSet(sdkAppId, () => {
    setOpen(undefined);
    setSaved(true);
  });
  const fields = readFields(setting.value);
  const most = setting.kind === 'fields' ? setting.most : 0;
  const save = (field: CustomField) => {
    // The others stay as they were declared, with what this page does not show of them.
    const declared = split(setting.value);
    const at = fields.findIndex(({ keyword }) => keyword === field.keyword);
    declared[at < 0 ? fields.length : at] = writeFields(kind, [field]);
    set.mutate({ sdkAppId, changes: { [TABLES[kind]]: declared.join(',') } });
  };
  const show = (what: 'add' | CustomField) => {
    set.reset();
    setSaved(false);
    setOpen(what);
  };
  return (
    <section className="card" aria-labelledby={`fields-${kind}`}>
      <header className="card-head">
        <h2 id={`fields-${kind}`}>{t(`field.title.${kind}`)}</h2>
        <Button
          variant="text"
          theme="primary"
          icon={<AddIcon aria-hidden />}
          disabled={fields.length >= most}
          aria-label={t(`field.addTitle.${kind}`)}
          onClick={() => show('add')}
        >
          {t('field.add')}
        </Button>
      </header>
      {saved && <Note tone="success">{t('part.saved')}</Note>}
      <p className="faint">
        {t(`field.lead.${kind}`)} {t('field.used', { used: fields.length, most })}
      </p>
      {fields.length === 0 ? (
        <p className="faint">{t('field.none')}</p>
      ) : (
        <FieldTable kind={kind} fields={fields} onChange={show} />
      )}
      {open && (
        <FieldDialog
          kind={kind}
          fields={fields}
          field={open === 'add' ? undefined : open}
          busy={set.isPending}
          error={set.error}
          onSave={save}
          onClose={() => setOpen(undefined)}
        />
      )}
    </section>
  );
}
