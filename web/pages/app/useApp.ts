import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { reading } from '../../api/hooks';
import type { App } from '../../api/types';

export function useAppId(): number {
  return useParams({ from: '/shell/apps/$sdkAppId' }).sdkAppId;
}

export function useApp() {
  return useQuery(reading('console.app.get', { sdkAppId: useAppId() }));
}

/** Takes the app that a change answered into what is shown, here and in the list. */
export function useKeepApp(): (app: App) => void {
  const queries = useQueryClient();
  return (app) => {
    // A change does not answer with what is only counted when one app is asked for.
    queries.setQueryData<App>(['console.app.get', { sdkAppId: app.sdkAppId }], (shown) => ({
      ...shown,
      ...app,
    }));
    void queries.invalidateQueries({ queryKey: ['console.app.list'] });
  };
}
