import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ArrowDownIcon, ArrowUpIcon } from 'tdesign-icons-react';

export interface Column<R, S extends string> {
  key: string;
  title: string;
  /** Sits beside the title. */
  hint?: ReactNode;
  /** The sort that a press on the title asks for. */
  sort?: S;
  cell(row: R): ReactNode;
}

interface DataTableProps<R, S extends string> {
  caption: string;
  columns: readonly Column<R, S>[];
  rows: readonly R[];
  rowKey(row: R): string | number;
  sort: S;
  descending: boolean;
  onSort(sort: S, descending: boolean): void;
  /** An answer to a newer question is on its way. */
  stale: boolean;
}

/** A table whose titles sort by keyboard too; in a narrow window each row becomes a card. */
export function DataTable<R, S extends string>(props: DataTableProps<R, S>) {
  const { caption, columns, rows, rowKey, stale } = props;
  return (
    <div className="table-frame" aria-busy={stale}>
      <table className="table">
        <caption className="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <HeadCell key={column.key} column={column} table={props} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column) => (
                <td key={column.key} data-title={column.title}>
                  <div>{column.cell(row)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface HeadCellProps<R, S extends string> {
  column: Column<R, S>;
  table: DataTableProps<R, S>;
}

function HeadCell<R, S extends string>({ column, table }: HeadCellProps<R, S>) {
  const { t } = useTranslation();
  const { sort } = column;
  if (sort === undefined) {
    return (
      <th scope="col">
        <span className="table-title">
          {column.title}
          {column.hint}
        </span>
      </th>
    );
  }
  const active = table.sort === sort;
  const Arrow = active && !table.descending ? ArrowUpIcon : ArrowDownIcon;
  return (
    <th scope="col" aria-sort={active ? (table.descending ? 'descending' : 'ascending') : 'none'}>
      <button
        type="button"
        className={`table-sort ${active ? 'is-active' : ''}`}
        title={t('part.sortBy', { title: column.title })}
        onClick={() => table.onSort(sort, active ? !table.descending : false)}
      >
        {column.title}
        <Arrow aria-hidden />
      </button>
    </th>
  );
}
