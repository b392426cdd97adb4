import { Link, Outlet } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { ChevronLeftIcon } from 'tdesign-icons-react';
import { LinkButton } from '../../parts/links';
import { usePageTitle } from '../../parts/PageHead';
import { Empty, Problem, Waiting } from '../../parts/states';
import { useApp, useAppId } from './useApp';

/** Where an app's tabs lead, and what they are called; the first is the app itself. */
const TABS = [
  ['/apps/$sdkAppId', 'basics.title'],
  ['/apps/$sdkAppId/features', 'features.title'],
  ['/apps/$sdkAppId/tools', 'tools.title'],
  ['/apps/$sdkAppId/try', 'tryIt.title'],
] as const;

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
        {TABS.map(([to, title]) => (
          <Link
            key={to}
            to={to}
            params={params}
            activeOptions={{ exact: to === TABS[0][0], includeSearch: false }}
            className="tab"
            activeProps={{ className: 'is-active' }}
          >
            {t(title)}
          </Link>
        ))}
      </nav>
      <Problem error={app.error} onRetry={() => app.refetch()} />
      {app.isPending ? <Waiting /> : <Outlet />}
    </>
  );
}
