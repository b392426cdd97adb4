import { useTranslation } from 'react-i18next';
import { Field } from '../../parts/Field';
import { Choice } from '../../parts/inputs';
import {
  type Access,
  chosen,
  type GroupField,
  type GroupFieldKind,
  type GroupRights,
  type GroupType,
  isAll,
  LEVELS,
  NEWER_NAMES,
  possible,
  withType,
} from './groupFields';

interface TypesInputProps {
  kind: GroupFieldKind;
  /** The types that stay. */
  kept: readonly GroupType[];
  draft: GroupField;
  /** None is chosen where one has to be. */
  missing: boolean;
  onChange(draft: GroupField): void;
}

/** The types of groups that have a field, and who may read and write it in each. */
export function TypesInput({ kind, kept, draft, missing, onChange }: TypesInputProps) {
  const { t } = useTranslation();
  const types = chosen(draft);
  const all = isAll(kind, types);
  const chooseAll = (on: boolean) => {
    const loose = possible(kind).filter((type) => !kept.includes(type));
    onChange(loose.reduce((field, type) => withType(kind, field, type, on), draft));
  };
  return (
    <fieldset className="options">
      <legend className="field-label">{t('groupField.types')}</legend>
      <div className="field-hint">
        {t(`groupField.typesHint.${kind}`)} {kept.length > 0 && t('groupField.kept')}
      </div>
      <div className="types">
        <label className="option type-all">
          <input
            type="checkbox"
            ref={(box) => {
              if (box) box.indeterminate = types.length > 0 && !all;
            }}
            checked={all}
            disabled={isAll(kind, kept)}
            onChange={(event) => chooseAll(event.target.checked)}
          />
          {t('groupField.all')}
        </label>
        {possible(kind).map((type) => (
          <TypeInput
            key={type}
            kind={kind}
            type={type}
            frozen={kept.includes(type)}
            rights={draft.types[type]}
            onChoose={(on) => onChange(withType(kind, draft, type, on))}
            onChange={(rights) => onChange({ ...draft, types: { ...draft.types, [type]: rights } })}
          />
        ))}
      </div>
      {missing && (
        <div className="field-error" role="alert">
          {t('groupField.typesMissing')}
        </div>
      )}
    </fieldset>
  );
}

interface TypeInputProps {
  kind: GroupFieldKind;
  type: GroupType;
  frozen: boolean;
  /** Without them the type is not chosen. */
  rights: GroupRights | undefined;
  onChoose(on: boolean): void;
  onChange(rights: GroupRights): void;
}

function TypeInput({ kind, type, frozen, rights, onChoose, onChange }: TypeInputProps) {
  const { t } = useTranslation();
  const newer = NEWER_NAMES[type];
  return (
    <fieldset className="type">
      <legend className="unseen">{t(`groupType.${type}`)}</legend>
      <label className="option">
        <input
          type="checkbox"
          checked={rights !== undefined}
          disabled={frozen}
          onChange={(event) => onChoose(event.target.checked)}
        />
        <span>
          {t(`groupType.${type}`)}
          <code className="type-code">{newer ? `${type} / ${newer}` : type}</code>
        </span>
      </label>
      {rights && (
        <div className="type-rights">
          <AccessInput
            kind={kind}
            label={t('groupField.read')}
            ownLabel={t('groupField.ownRead')}
            access={rights.read}
            onChange={(read) => onChange({ ...rights, read })}
          />
          <AccessInput
            kind={kind}
            label={t('groupField.write')}
            ownLabel={t('groupField.ownWrite')}
            access={rights.write}
            onChange={(write) => onChange({ ...rights, write })}
          />
        </div>
      )}
    </fieldset>
  );
}

interface AccessInputProps {
  kind: GroupFieldKind;
  label: string;
  ownLabel: string;
  access: Access;
  onChange(access: Access): void;
}

function AccessInput({ kind, label, ownLabel, access, onChange }: AccessInputProps) {
  const { t } = useTranslation();
  return (
    <div className="access">
      <Field label={label}>
        {(ties) => (
          <Choice
            ties={ties}
            value={access.level}
            options={LEVELS.map((level) => ({ value: level, label: t(`level.${level}`) }))}
            onChange={(level) => level && onChange({ ...access, level })}
          />
        )}
      </Field>
      {kind === 'member' && (
        <label className="option">
          <input
            type="checkbox"
            checked={access.own}
            onChange={(event) => onChange({ ...access, own: event.target.checked })}
          />
          {ownLabel}
        </label>
      )}
    </div>
  );
}
