import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from 'tdesign-react';
import { Field } from '../../parts/Field';
import { Choice, TextInput } from '../../parts/inputs';
import { Modal } from '../../parts/Modal';
import { Note, Problem } from '../../parts/states';
import type { DialogEnds } from './FieldCard';
import {
  type CustomField,
  checkKeyword,
  FIELD_TYPES,
  isUsable,
  LONGEST_KEYWORD,
  PREFIXES,
  type UserKind,
} from './userFields';

interface UserFieldDialogProps extends Omit<DialogEnds<CustomField>, 'onSave'> {
  kind: UserKind;
  fields: readonly CustomField[];
  onSave(field: CustomField): void;
}

const FRESH: CustomField = {
  keyword: '',
  type: 'text',
  clients: { read: true, write: true },
  backend: { read: true, write: true },
};

/** Adds a field, or changes the permissions of one. */
export function UserFieldDialog(props: UserFieldDialogProps) {
  const { kind, fields, field, busy, error, onSave, onClose } = props;
  const { t } = useTranslation();
  const [draft, setDraft] = useState(field ?? FRESH);
  const [strict, setStrict] = useState(false);
  const wrong = field ? undefined : checkKeyword(draft.keyword.trim(), fields);
  const unusable = !isUsable(draft);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setStrict(true);
    if (!wrong && !unusable) onSave({ ...draft, keyword: draft.keyword.trim() });
  };
  const title = field ? t('field.changeTitle', { name: field.keyword }) : t(`field.addTitle.${kind}`);
  return (
    <Modal title={title} onClose={onClose}>
      <form className="form" onSubmit={submit} noValidate>
        {!field && (
          <Field
            label={t('field.name')}
            hint={t('field.nameHint', { prefix: PREFIXES[kind], count: LONGEST_KEYWORD })}
            error={strict && wrong ? t(`field.wrong.${wrong}`, { count: LONGEST_KEYWORD }) : undefined}
          >
            {(ties) => (
              <TextInput
                ties={ties}
                value={draft.keyword}
                maxLength={LONGEST_KEYWORD}
                autoComplete="off"
                onChange={(keyword) => setDraft({ ...draft, keyword })}
              />
            )}
          </Field>
        )}
        {!field && (
          <Field label={t('field.column.type')} hint={t('field.typeHint')}>
            {(ties) => (
              <Choice
                ties={ties}
                value={draft.type}
                options={FIELD_TYPES.map((type) => ({ value: type, label: t(`fieldType.${type}`) }))}
                onChange={(type) => type && setDraft({ ...draft, type })}
              />
            )}
          </Field>
        )}
        {kind === 'profile' && (
          <RightsInput draft={draft} unusable={strict && unusable} onChange={setDraft} />
        )}
        {!field && <Note tone="warning">{t('field.frozen')}</Note>}
        {!field && fields.length === 0 && <Note tone="warning">{t('field.first')}</Note>}
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

interface RightsInputProps {
  draft: CustomField;
  unusable: boolean;
  onChange(draft: CustomField): void;
}

function RightsInput({ draft, unusable, onChange }: RightsInputProps) {
  const { t } = useTranslation();
  const boxes = [
    ['clientsRead', 'clients', 'read'],
    ['clientsWrite', 'clients', 'write'],
    ['backendRead', 'backend', 'read'],
    ['backendWrite', 'backend', 'write'],
  ] as const;
  return (
    <fieldset className="options">
      <legend className="field-label">{t('field.rights')}</legend>
      <div className="rights">
        {boxes.map(([key, side, right]) => (
          <label key={key} className="option">
            <input
              type="checkbox"
              checked={draft[side][right]}
              onChange={(event) =>
                onChange({ ...draft, [side]: { ...draft[side], [right]: event.target.checked } })
              }
            />
            {t(`field.right.${key}`)}
          </label>
        ))}
      </div>
      <div className="field-hint">{t('field.rightsHint')}</div>
      {unusable && (
        <div className="field-error" role="alert">
          {t('field.unusable')}
        </div>
      )}
    </fieldset>
  );
}
