import { queryOptions, type UseMutationOptions, useMutation } from '@tanstack/react-query';
import { type CallError, call } from './call';
import type { CallName, Calls } from './types';

/** The cached form of a call that only reads. */
export function reading<N extends CallName>(name: N, ask: Calls[N]['ask']) {
  return queryOptions<Calls[N]['reply'], CallError>({
    queryKey: [name, ask],
    queryFn: ({ signal }) => call(name, ask, signal),
  });
}

/** A call that changes or makes something. */
export function useDoing<N extends CallName>(
  name: N,
  options: Omit<UseMutationOptions<Calls[N]['reply'], CallError, Calls[N]['ask']>, 'mutationFn'> = {},
) {
  return useMutation<Calls[N]['reply'], CallError, Calls[N]['ask']>({
    ...options,
    mutationKey: [name],
    mutationFn: (ask) => call(name, ask),
  });
}
