import { useTranslation } from 'react-i18next';
import { Button } from 'tdesign-react';
import type { CallbackCommand, CallbackEntry, CallbackState } from '../../api/types';
import { type Column, DataTable } from '../../parts/DataTable';
import { dateTime } from '../../parts/format';
import { useWords } from './useCallbacks';

interface LogTableProps {
  state: CallbackState;
  commands: readonly CallbackCommand[];
  entries: readonly CallbackEntry[];
  stale: boolean;
  onShow(entry: CallbackEntry): void;
  onReplay(number: number): void;
  onDiscard(number: number): void;
}

type Columns = Column<CallbackEntry, 'at'>[];

export function LogTable(props: LogTableProps) {
  const { state, commands, entries, stale } = props;
  const { t } = useTranslation();
  const words = useWords();
  const columns: Columns = [
    {
      key: 'at',
      title: t('callbacks.log.at'),
      cell: (entry) => <span className="moment">{dateTime(entry.at)}</span>,
    },
    {
      key: 'event',
      title: t('callbacks.log.event'),
      cell: (entry) => (
        <>
          {words.name(
            entry.command,
            commands.find(({ name }) => name === entry.command),
          )}
          <div className="field-hint">
            <code>{entry.command}</code>
          </div>
        </>
      ),
    },
    {
      key: 'outcome',
      title: t('callbacks.log.outcome'),
      cell: (entry) => <Outcome entry={entry} state={state} />,
    },
    {
      key: 'actions',
      title: t('callbacks.log.actions'),
      cell: (entry) => <Actions entry={entry} {...props} />,
    },
  ];
  return (
    <DataTable<CallbackEntry, 'at'>
      caption={t('callbacks.log.title')}
      columns={columns}
      rows={entries}
      rowKey={(entry) => entry.number}
      sort="at"
      descending
      onSort={() => {}}
      stale={stale}
    />
  );
}

function Outcome({ entry, state }: { entry: CallbackEntry; state: CallbackState }) {
  const { t } = useTranslation();
  const words = useWords();
  if (state === 'waiting') return <span className="state">{t('callbacks.log.waits')}</span>;
  return (
    <>
      <span className={`state ${entry.failure === undefined ? 'is-on' : ''}`}>
        {entry.failure === undefined ? t('callbacks.log.taken') : words.failure(entry.kind, entry.failure)}
      </span>
      {entry.took !== undefined && (
        <div className="field-hint">{t('callbacks.log.took', { took: entry.took })}</div>
      )}
    </>
  );
}

function Actions({ entry, state, onShow, onReplay, onDiscard }: LogTableProps & { entry: CallbackEntry }) {
  const { t } = useTranslation();
  return (
    <span className="row-actions">
      {entry.body !== undefined && (
        <Button variant="text" theme="primary" size="small" onClick={() => onShow(entry)}>
          {t('callbacks.log.show')}
        </Button>
      )}
      {state === 'dead' && (
        <>
          <Button variant="text" theme="primary" size="small" onClick={() => onReplay(entry.number)}>
            {t('callbacks.log.replay')}
          </Button>
          <Button variant="text" theme="primary" size="small" onClick={() => onDiscard(entry.number)}>
            {t('callbacks.log.discard')}
          </Button>
        </>
      )}
    </span>
  );
}
