import { useQuery, useQueryClient } from '@tanstack/react-query';
import { reading, useDoing } from '../../api/hooks';

export function useSettings(sdkAppId: number) {
  return useQuery(reading('console.settings.get', { sdkAppId }));
}

/** Changes settings, and takes what the server answers into what is shown. */
export function useSet(sdkAppId: number, onDone: () => void) {
  const queries = useQueryClient();
  return useDoing('console.settings.set', {
    onSuccess: (reply) => {
      queries.setQueryData(['console.settings.get', { sdkAppId }], reply);
      void queries.invalidateQueries({ queryKey: ['console.app.get', { sdkAppId }] });
      onDone();
    },
  });
}
