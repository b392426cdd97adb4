import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { AddIcon } from 'tdesign-icons-react';
import { Button } from 'tdesign-react';
import type { Setting } from '../../api/types';
import { Note } from '../../parts/states';
import { useSet } from '../features/useSettings';
import { declare, split, TABLES, type TableKind } from './declared';

/** What a dialog for a field gets of its card. */
export interface DialogEnds<F> {
  /** The field that changes; without one, a new field is added. */
  field: F | undefined;
  busy: boolean;
  error: unknown;
  onSave(declaration: string): void;
  onClose(): void;
}

interface FieldCardProps<F> {
  kind: TableKind;
  sdkAppId: number;
  setting: Setting;
  table(onChange: (field: F) => void): ReactNode;
  dialog(ends: DialogEnds<F>): ReactNode;
}

/** Declared custom fields of one kind: they come, and never go; what may change of them is asked in the dialog. */
export function FieldCard<F>({ kind, sdkAppId, setting, table, dialog }: FieldCardProps<F>) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<{ field?: F }>();
  const [saved, setSaved] = useState(false);
  const set = useSet(sdkAppId, () => {
    setOpen(undefined);
    setSaved(true);
  });
  const used = split(setting.value).length;
  const most = setting.kind === 'fields' ? setting.most : 0;
  const show = (what: { field?: F }) => {
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
          disabled={used >= most}
          aria-label={t(`field.addTitle.${kind}`)}
          onClick={() => show({})}
        >
          {t('field.add')}
        </Button>
      </header>
      {saved && <Note tone="success">{t('part.saved')}</Note>}
      <p className="faint">
        {t(`field.lead.${kind}`)} {t('field.used', { used, most })}
      </p>
      {used === 0 ? <p className="faint">{t('field.none')}</p> : table((field) => show({ field }))}
      {open &&
        dialog({
          field: open.field,
          busy: set.isPending,
          error: set.error,
          onSave: (declaration) =>
            set.mutate({ sdkAppId, changes: { [TABLES[kind]]: declare(setting.value, declaration) } }),
          onClose: () => setOpen(undefined),
        })}
    </section>
  );
}
