import { useTranslation } from 'react-i18next';
import { Button } from 'tdesign-react';
import {
  type Access,
  type DeclaredField,
  type GroupField,
  type GroupFieldKind,
  type GroupType,
  isAll,
  type SameRights,
  sameRights,
} from './groupFields';

interface GroupFieldTableProps {
  kind: GroupFieldKind;
  fields: readonly DeclaredField[];
  onChange(field: GroupField): void;
}

/** The declared fields, a row for each of their rights; in a narrow window each field becomes a card. */
export function GroupFieldTable({ kind, fields, onChange }: GroupFieldTableProps) {
  const { t } = useTranslation();
  return (
    <div className="table-frame">
      <table className="table table-grouped">
        <caption className="unseen">{t(`field.title.${kind}`)}</caption>
        <thead>
          <tr>
            <th scope="col">{t('field.column.name')}</th>
            <th scope="col">{t('groupField.types')}</th>
            <th scope="col">{t('groupField.read')}</th>
            <th scope="col">{t('groupField.write')}</th>
            <th scope="col">{t('field.column.actions')}</th>
          </tr>
        </thead>
        {fields.map((declared) => (
          <FieldRows key={declared.name} kind={kind} declared={declared} onChange={onChange} />
        ))}
      </table>
    </div>
  );
}

interface FieldRowsProps {
  kind: GroupFieldKind;
  declared: DeclaredField;
  onChange(field: GroupField): void;
}

function FieldRows({ kind, declared: { name, declaration, field }, onChange }: FieldRowsProps) {
  const { t } = useTranslation();
  const nameCell = (rows: number) => (
    <td rowSpan={rows} data-title={t('field.column.name')}>
      <div>
        <code>{name}</code>
      </div>
    </td>
  );
  if (!field) {
    return (
      <tbody>
        <tr>
          {nameCell(1)}
          <td colSpan={4} data-title={t('groupField.types')}>
            <div>
              <code>{declaration}</code>
            </div>
          </td>
        </tr>
      </tbody>
    );
  }
  const groups = sameRights(field);
  return (
    <tbody>
      {groups.map((group, at) => (
        <tr key={group.types[0]}>
          {at === 0 && nameCell(groups.length)}
          <RightsCells kind={kind} group={group} />
          {at === 0 && (
            <td rowSpan={groups.length} className="table-last" data-title={t('field.column.actions')}>
              <div>
                <Button
                  variant="text"
                  theme="primary"
                  size="small"
                  aria-label={t('field.changeTitle', { name })}
                  onClick={() => onChange(field)}
                >
                  {t('field.change')}
                </Button>
              </div>
            </td>
          )}
        </tr>
      ))}
    </tbody>
  );
}

function RightsCells({ kind, group: { types, rights } }: { kind: GroupFieldKind; group: SameRights }) {
  const { t } = useTranslation();
  return (
    <>
      <td data-title={t('groupField.types')}>
        <div>
          {isAll(kind, types) ? (
            t('groupField.all')
          ) : (
            <ul className="chips">
              {types.map((type) => (
                <li key={type}>
                  <TypeName type={type} />
                </li>
              ))}
            </ul>
          )}
        </div>
      </td>
      <td data-title={t('groupField.read')}>
        <div>
          <Who access={rights.read} />
        </div>
      </td>
      <td data-title={t('groupField.write')}>
        <div>
          <Who access={rights.write} />
        </div>
      </td>
    </>
  );
}

function TypeName({ type }: { type: GroupType }) {
  const { t } = useTranslation();
  return t(`groupType.${type}`);
}

function Who({ access: { level, own } }: { access: Access }) {
  const { t } = useTranslation();
  const lowest = t(`level.${level}`);
  return own ? t('groupField.withOwn', { level: lowest }) : lowest;
}
