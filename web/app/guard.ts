import type { QueryClient } from '@tanstack/react-query';
import { redirect } from '@tanstack/react-router';
import { CallError } from '../api/call';
import { reading } from '../api/hooks';

/** Sends a stranger to the sign-in page, and back to `from` afterwards. */
export async function requireSession(queries: QueryClient, from: string): Promise<void> {
  try {
    await queries.ensureQueryData({ ...reading('console.session.get', {}), staleTime: 60_000 });
  } catch (error) {
    if (!(error instanceof CallError) || error.status !== 401) throw error;
    await requireSetUp(queries);
    throw redirect({
      to: '/sign-in',
      search: from === '/' || from === '/apps' ? {} : { to: from },
      replace: true,
    });
  }
}

/** Sends everybody to the set-up page while there is no owner yet. */
export async function requireSetUp(queries: QueryClient): Promise<void> {
  const { setUp } = await queries.fetchQuery(reading('console.setup.status', {}));
  if (!setUp) throw redirect({ to: '/setup', replace: true });
}
