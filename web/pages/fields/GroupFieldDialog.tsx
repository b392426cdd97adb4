import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from 'tdesign-react';
import { Field } from '../../parts/Field';
import { TextInput } from '../../parts/inputs';
import { Modal } from '../../parts/Modal';
import { Note, Problem } from '../../parts/states';
import type { DialogEnds } from './FieldCard';
import { checkName, chosen, type GroupField, type GroupFieldKind, LONGEST_NAME } from './groupFields';
import { TypesInput } from './TypesInput';

interface GroupFieldDialogProps extends Omit<DialogEnds<GroupField>, 'onSave'> {
  kind: GroupFieldKind;
  /** The names in use, by the kind of their fields. */
  taken: Readonly<Record<GroupFieldKind, readonly string[]>>;
  onSave(field: GroupField): void;
}

/** Adds a field, or changes the rights and adds types of groups to one. */
export function GroupFieldDialog(props: GroupFieldDialogProps) {
  const { kind, taken, field, busy, error, onSave, onClose } = props;
  const { t } = useTranslation();
  const [draft, setDraft] = useState<GroupField>(field ?? { name: '', types: {} });
  const [known, setKnown] = useState(false);
  const [strict, setStrict] = useState(false);
  const kept = field ? chosen(field) : [];
  const types = chosen(draft);
  const isBinding = types.length > kept.length || !field;
  const wrong = field ? undefined : checkName(kind, draft.name.trim(), taken);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setStrict(true);
    if (wrong || types.length === 0 || (isBinding && !known)) return;
    onSave({ ...draft, name: draft.name.trim() });
  };
  const title = field ? t('field.changeTitle', { name: field.name }) : t(`field.addTitle.${kind}`);
  return (
    <Modal title={title} size="wide" onClose={onClose}>
      <form className="form" onSubmit={submit} noValidate>
        {!field && (
          <Field
            label={t('field.name')}
            hint={t('groupField.nameHint', { count: LONGEST_NAME })}
            error={strict && wrong ? t(`groupField.wrong.${wrong}`, { count: LONGEST_NAME }) : undefined}
          >
            {(ties) => (
              <TextInput
                ties={ties}
                value={draft.name}
                maxLength={LONGEST_NAME}
                autoComplete="off"
                onChange={(name) => setDraft({ ...draft, name })}
              />
            )}
          </Field>
        )}
        <TypesInput
          kind={kind}
          kept={kept}
          draft={draft}
          missing={strict && types.length === 0}
          onChange={setDraft}
        />
        {isBinding && (
          <div className="field">
            <label className="option">
              <input
                type="checkbox"
                checked={known}
                aria-invalid={strict && !known}
                onChange={(event) => setKnown(event.target.checked)}
              />
              {t('groupField.known')}
            </label>
            {strict && !known && (
              <div className="field-error" role="alert">
                {t('groupField.knownMissing')}
              </div>
            )}
          </div>
        )}
        {!field && taken[kind].length === 0 && <Note tone="warning">{t('field.first')}</Note>}
        <Problem error={error} />
        <footer className="actions actions-end">
          <Button theme="default" variant="outline" onClick={onClose}>
            {t('part.cancel')}
          </Button>
          <Button type="submit" loading={busy}>
            {field ? t('part.save') : t('field.addVerb')}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
