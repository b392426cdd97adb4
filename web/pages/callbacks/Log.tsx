import { useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { RefreshIcon, SearchIcon } from 'tdesign-icons-react';
import { Button } from 'tdesign-react';
import { useDoing } from '../../api/hooks';
import {
  CALLBACK_STATES,
  type CallbackCommand,
  type CallbackEntry,
  type CallbackState,
} from '../../api/types';
import { Code } from '../../parts/Copy';
import { Field } from '../../parts/Field';
import { Choice, TextInput } from '../../parts/inputs';
import { Confirm, Modal } from '../../parts/Modal';
import { Empty, Problem, Waiting } from '../../parts/states';
import { LogTable } from './LogTable';
import { type LogSearch, readSearch } from './search';
import { useKeep, useLog, useWords } from './useCallbacks';

interface LogProps {
  sdkAppId: number;
  commands: readonly CallbackCommand[];
  dead: number;
}

/** What went to the app's server, waits for it, or was given up. The filter is the address. */
export function Log({ sdkAppId, commands, dead }: LogProps) {
  const { t } = useTranslation();
  const found = useSearch({ from: '/shell/apps/$sdkAppId/callbacks' });
  const navigate = useNavigate();
  const state = found.state ?? 'recent';
  const log = useLog(sdkAppId, state, found.search);
  const go = (change: LogSearch) =>
    void navigate({
      to: '/apps/$sdkAppId/callbacks',
      params: { sdkAppId },
      search: readSearch({ ...found, ...change }),
      replace: true,
    });
  const entries = log.data?.pages.flatMap((page) => page.callbacks) ?? [];
  return (
    <section className="card" aria-labelledby="callback-log">
      <header className="card-head">
        <h2 id="callback-log">{t('callbacks.log.title')}</h2>
        <Button
          variant="text"
          theme="primary"
          icon={<RefreshIcon aria-hidden />}
          loading={log.isRefetching}
          onClick={() => log.refetch()}
        >
          {t('callbacks.log.refresh')}
        </Button>
      </header>
      <Filters found={found} state={state} onChange={go} />
      <p className="faint">{t(`callbackState.${state}Hint`)}</p>
      <Problem error={log.error} onRetry={() => log.refetch()} />
      {log.isPending && <Waiting />}
      {log.data && entries.length === 0 && !log.hasNextPage && (
        <Empty title={found.search ? t('callbacks.log.nothing') : t(`callbackState.${state}Empty`)} />
      )}
      {state === 'dead' && dead > 0 && !found.search && <All sdkAppId={sdkAppId} dead={dead} />}
      {log.data && (entries.length > 0 || log.hasNextPage) && (
        <Entries
          sdkAppId={sdkAppId}
          commands={commands}
          state={state}
          entries={entries}
          stale={log.isPlaceholderData}
        />
      )}
      {log.hasNextPage && (
        <div className="actions">
          <Button
            variant="outline"
            theme="default"
            loading={log.isFetchingNextPage}
            onClick={() => log.fetchNextPage()}
          >
            {t('callbacks.log.more')}
          </Button>
        </div>
      )}
    </section>
  );
}

interface FiltersProps {
  found: LogSearch;
  state: CallbackState;
  onChange(change: LogSearch): void;
}

function Filters({ found, state, onChange }: FiltersProps) {
  const { t } = useTranslation();
  const [words, setWords] = useState(found.search ?? '');
  useEffect(() => setWords(found.search ?? ''), [found.search]);
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
              placeholder={t('callbacks.log.searchHint')}
              autoComplete="off"
              onChange={setWords}
            />
          )}
        </Field>
        <Field label={t('callbacks.log.state')}>
          {(ties) => (
            <Choice
              ties={ties}
              value={state}
              options={CALLBACK_STATES.map((one) => ({ value: one, label: t(`callbackState.${one}`) }))}
              onChange={(next) => next && onChange({ search: words, state: next })}
            />
          )}
        </Field>
        <Button type="submit" variant="outline" theme="default" icon={<SearchIcon aria-hidden />}>
          {t('apps.find')}
        </Button>
        {found.search && (
          <Button variant="text" theme="primary" onClick={() => onChange({ search: '' })}>
            {t('apps.clear')}
          </Button>
        )}
      </form>
    </search>
  );
}

/** Everything that was given up at once. */
function All({ sdkAppId, dead }: { sdkAppId: number; dead: number }) {
  const { t } = useTranslation();
  const keep = useKeep(sdkAppId);
  const [asking, setAsking] = useState(false);
  const replay = useDoing('console.callback.replay', { onSuccess: keep });
  const discard = useDoing('console.callback.discard', {
    onSuccess: (reply) => {
      keep(reply);
      setAsking(false);
    },
  });
  return (
    <>
      <div className="actions">
        <Button loading={replay.isPending} onClick={() => replay.mutate({ sdkAppId })}>
          {t('callbacks.log.replayAll')}
        </Button>
        <Button variant="outline" theme="default" onClick={() => setAsking(true)}>
          {t('callbacks.log.discardAll')}
        </Button>
      </div>
      <Problem error={replay.error} />
      {asking && (
        <Confirm
          title={t('callbacks.log.discardTitle', { count: dead })}
          verb={t('callbacks.log.discard')}
          busy={discard.isPending}
          onConfirm={() => discard.mutate({ sdkAppId })}
          onClose={() => setAsking(false)}
        >
          <p>{t('callbacks.log.discardLead')}</p>
          <Problem error={discard.error} />
        </Confirm>
      )}
    </>
  );
}

interface EntriesProps {
  sdkAppId: number;
  commands: readonly CallbackCommand[];
  state: CallbackState;
  entries: readonly CallbackEntry[];
  stale: boolean;
}

function Entries({ sdkAppId, commands, state, entries, stale }: EntriesProps) {
  const { t } = useTranslation();
  const words = useWords();
  const keep = useKeep(sdkAppId);
  const [shown, setShown] = useState<CallbackEntry>();
  const replay = useDoing('console.callback.replay', { onSuccess: keep });
  const discard = useDoing('console.callback.discard', { onSuccess: keep });
  return (
    <>
      <Problem error={replay.error ?? discard.error} />
      <LogTable
        state={state}
        commands={commands}
        entries={entries}
        stale={stale}
        onShow={setShown}
        onReplay={(number) => replay.mutate({ sdkAppId, numbers: [number] })}
        onDiscard={(number) => discard.mutate({ sdkAppId, numbers: [number] })}
      />
      {shown && (
        <Modal title={words.name(shown.command)} onClose={() => setShown(undefined)}>
          {shown.failure !== undefined && (
            <div className="note note-error">
              <span>{words.failure(shown.kind, shown.failure)}</span>
            </div>
          )}
          <Code text={JSON.stringify(shown.body, null, 2)} label={t('callbacks.trial.request')} />
        </Modal>
      )}
    </>
  );
}
