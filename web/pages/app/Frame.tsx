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
  const tabs = [
    { to: '/apps/$sdkAppId', title: t('basics.title') },
    { to: '/apps/$sdkAppId/features', title: t('features.title') },
    { to: '/apps/$sdkAppId/callbacks', title: t('callbacks.title') },
    { to: '/apps/$sdkAppId/tools', title: t('tools.title') },
    { to: '/apps/$sdkAppId/try', title: t('tryIt.title') },
  ] as const;
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
        {tabs.map(({ to, title }) => (
          <Link
            key={to}
            to={to}
            params={params}
            activeOptions={{ exact: to === tabs[0].to, includeSearch: false }}
            className="tab"
            activeProps={{ className: 'is-active' }}
          >
            {title}
          </Link>
        ))}
      </nav>
      <Problem error={app.error} onRetry={() => app.refetch()} />
      {app.isPending ? <Waiting /> : <Outlet />}
    </>
  );
}
