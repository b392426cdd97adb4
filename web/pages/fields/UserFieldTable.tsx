import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { CheckIcon, MinusIcon } from 'tdesign-icons-react';
import { Button } from 'tdesign-react';
import { type CustomField, PREFIXES, type UserKind } from './userFields';

interface UserFieldTableProps {
  kind: UserKind;
  fields: readonly CustomField[];
  onChange(field: CustomField): void;
}

/** The declared fields; in a narrow window each row becomes a card. */
export function UserFieldTable({ kind, fields, onChange }: UserFieldTableProps) {
  const { t } = useTranslation();
  const columns: { title: string; cell(field: CustomField): ReactNode }[] = [
    {
      title: t('field.column.name'),
      cell: ({ keyword }) => (
        <code>
          <span className="faint">{PREFIXES[kind]}</span>
          {keyword}
        </code>
      ),
    },
    { title: t('field.column.type'), cell: ({ type }) => t(`fieldType.${type}`) },
  ];
  if (kind === 'profile') {
    columns.push(
      { title: t('field.right.clientsRead'), cell: ({ clients }) => <Mark on={clients.read} /> },
      { title: t('field.right.clientsWrite'), cell: ({ clients }) => <Mark on={clients.write} /> },
      { title: t('field.right.backendRead'), cell: ({ backend }) => <Mark on={backend.read} /> },
      { title: t('field.right.backendWrite'), cell: ({ backend }) => <Mark on={backend.write} /> },
      {
        title: t('field.column.actions'),
        cell: (field) => (
          <Button
            variant="text"
            theme="primary"
            size="small"
            aria-label={t('field.changeTitle', { name: field.keyword })}
            onClick={() => onChange(field)}
          >
            {t('field.change')}
          </Button>
        ),
      },
    );
  }
  return (
    <div className="table-frame">
      <table className="table">
        <caption className="unseen">{t(`field.title.${kind}`)}</caption>
        <thead>
          <tr>
            {columns.map(({ title }) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <tr key={field.keyword}>
              {columns.map(({ title, cell }) => (
                <td key={title} data-title={title}>
                  <div>{cell(field)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Mark({ on }: { on: boolean }) {
  const { t } = useTranslation();
  const Icon = on ? CheckIcon : MinusIcon;
  return (
    <span className={on ? 'mark is-on' : 'mark'}>
      <Icon aria-hidden />
      <span className="unseen">{on ? t('field.yes') : t('field.no')}</span>
    </span>
  );
}
