import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/call';
import { reading, useDoing } from '../../api/hooks';
import type { CallbackCommand, CallbackState, Callbacks } from '../../api/types';
import { eventKey } from './events';

/** What is shown of an app's callbacks is asked for so often. */
const EVERY = 10_000;

export function useCallbacks(sdkAppId: number) {
  return useQuery({ ...reading('console.callback.get', { sdkAppId }), refetchInterval: EVERY });
}

/** Takes what a change answered into what is shown. */
export function useKeep(sdkAppId: number) {
  const queries = useQueryClient();
  return (reply: Callbacks) => {
    queries.setQueryData(['console.callback.get', { sdkAppId }], reply);
    void queries.invalidateQueries({ queryKey: ['console.callback.list'] });
    void queries.invalidateQueries({ queryKey: ['console.settings.get', { sdkAppId }] });
  };
}

export function useSetCallbacks(sdkAppId: number, onDone: () => void) {
  const keep = useKeep(sdkAppId);
  return useDoing('console.callback.set', {
    onSuccess: (reply) => {
      keep(reply);
      onDone();
    },
  });
}

/** The log, page by page. */
export function useLog(sdkAppId: number, state: CallbackState, search: string | undefined) {
  const ask = { sdkAppId, state, ...(search ? { search } : {}) };
  return useInfiniteQuery({
    queryKey: ['console.callback.list', ask],
    queryFn: ({ pageParam, signal }) =>
      call('console.callback.list', { ...ask, ...(pageParam ? { before: pageParam } : {}) }, signal),
    initialPageParam: 0,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
}

const FAILURES = [
  'timeout',
  'open',
  'name',
  'forbidden',
  'connect',
  'tls',
  'broken',
  'status',
  'answer',
  'nowhere',
] as const;

/** What commands and failures are called; those without texts here show the server's. */
export function useWords() {
  const { t, i18n } = useTranslation();
  const isChinese = i18n.language === 'zh-CN';

  const name = (command: string, known?: CallbackCommand) => {
    const key = eventKey(command);
    if (key) return t(`callbackEvent.${key}.name`);
    return isChinese && known ? known.chinese : command;
  };

  const meaning = (command: CallbackCommand) => {
    const key = eventKey(command.name);
    return key ? t(`callbackEvent.${key}.meaning`) : command.meaning;
  };

  const failure = (kind: string | undefined, why: string | undefined) => {
    const known = FAILURES.find((one) => one === kind);
    if (!known) return why ?? '';
    if (known === 'status') return t('callbackFailure.status', { status: why?.replace('status ', '') });
    if (known === 'tls') return t('callbackFailure.tls', { why: why?.replace('no secure connection: ', '') });
    return t(`callbackFailure.${known}`);
  };

  return { name, meaning, failure };
}
