import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { DownloadIcon } from 'tdesign-icons-react';
import { Button } from 'tdesign-react';
import { call } from '../../api/call';
import type { App, AppFilter } from '../../api/types';
import { csv, dateTime } from '../../parts/format';
import { problemText } from '../../parts/problem';

/** Saves every app that the filter finds, not only the page in view. */
export function Export({ filter }: { filter: AppFilter }) {
  const { t } = useTranslation();
  const save = useMutation({
    mutationFn: async () => {
      const apps = await all(filter);
      const title = ['SDKAppID', t('apps.column.name'), t('apps.column.edition'), t('apps.column.state')];
      const rows = apps.map((app) => [
        app.sdkAppId,
        app.name,
        t(`edition.${app.edition}`),
        t(`appState.${app.state}`),
        dateTime(app.createdAt),
        app.expiresAt === undefined ? t('apps.forEver') : dateTime(app.expiresAt),
      ]);
      download('apps.csv', csv([[...title, t('apps.column.created'), t('apps.column.expires')], ...rows]));
    },
  });
  return (
    <>
      {save.error && (
        <span className="field-error" role="alert">
          {problemText(t, save.error)}
        </span>
      )}
      <Button
        variant="outline"
        theme="default"
        icon={<DownloadIcon aria-hidden />}
        loading={save.isPending}
        onClick={() => save.mutate()}
      >
        {t('apps.export')}
      </Button>
    </>
  );
}

async function all(filter: AppFilter): Promise<App[]> {
  const found = new Map<number, App>();
  for (let page = 1; ; page += 1) {
    const { apps, total } = await call('console.app.list', { ...filter, page, pageSize: 50 });
    for (const app of apps) found.set(app.sdkAppId, app);
    if (apps.length === 0 || page * 50 >= total) return [...found.values()];
  }
}

function download(name: string, content: string): void {
  const address = URL.createObjectURL(new Blob([content], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
