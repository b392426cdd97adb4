import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { CallError } from '../api/call';

/** The cache of answers. `onSignedOut` is told when the server no longer knows the session. */
export function makeQueries(onSignedOut: () => void): QueryClient {
  const watch = (error: Error, name: unknown) => {
    const asksForSession =
      String(name).startsWith('console.session.') || String(name).startsWith('console.setup.');
    if (error instanceof CallError && error.status === 401 && !asksForSession) onSignedOut();
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError: (error, query) => watch(error, query.queryKey[0]) }),
    mutationCache: new MutationCache({
      onError: (error, _ask, _context, mutation) => watch(error, mutation.options.mutationKey?.[0]),
    }),
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        // A refusal stays a refusal; only a lost connection is worth another try.
        retry: (count, error) => count < 2 && error instanceof CallError && error.name === 'Unreachable',
        retryDelay: 800,
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  });
}
