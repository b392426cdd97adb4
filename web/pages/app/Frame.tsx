import { Link, Outlet } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { ChevronLeftIcon } from 'tdesign-icons-react';
import { LinkButton } from '../../parts/links';
import { usePageTitle } from '../../parts/PageHead';
import { Empty, Problem, Waiting } from '../../parts/states';
import { useApp, useAppId } from './useApp';

/** One app: its name with the way back, and its tabs. */
export function AppFrame() {
  const { t } = useTranslation();
  const sdkAppId = useAppId();
  const app = useApp();
  usePageTitle(app.data?.name ?? String(sdkAppId));
  if (app.error?.name === 'NotFound' || Number.isNaN(sdkAppId)) {
    return (
      <Empty title={t('app.missing')}>
        <LinkButton to="/apps">{t('shell.toApps')}</LinkButton>
      </Empty>
    );
  }
  const params = { sdkAppId };
  return (
    <>
      <header className="app-head">
        <Link to="/apps" className="link app-back">
          <ChevronLeftIcon aria-hidden />
          {t('app.back')}
        </Link>
        <h1>{app.data?.name ?? sdkAppId}</h1>
        <code className="faint">{sdkAppId}</code>
      </header>
      <nav className="tabs" aria-label={t('app.tabs')}>
        <Link
          to="/apps/$sdkAppId"
          params={params}
          activeOptions={{ exact: true, includeSearch: false }}
          className="tab"
          activeProps={{ className: 'is-active' }}
        >
          {t('basics.title')}
        </Link>
        <Link
          to="/apps/$sdkAppId/features"
          params={params}
          className="tab"
          activeProps={{ className: 'is-active' }}
        >
          {t('features.title')}
        </Link>
        <Link
          to="/apps/$sdkAppId/tools"
          params={params}
          className="tab"
          activeProps={{ className: 'is-active' }}
        >
          {t('tools.title')}
        </Link>
        <Link
          to="/apps/$sdkAppId/try"
          params={params}
          activeOptions={{ includeSearch: false }}
          className="tab"
          activeProps={{ className: 'is-active' }}
        >
          {t('tryIt.title')}
        </Link>
      </nav>
      <Problem error={app.error} onRetry={() => app.refetch()} />
      {app.isPending ? <Waiting /> : <Outlet />}
    </>
  );
}
