import { useIsFetching, useIsMutating } from '@tanstack/react-query';
import { type ErrorComponentProps, Outlet, useRouter, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ConfigProvider } from 'tdesign-react';
import en from 'tdesign-react/es/locale/en_US';
import zh from 'tdesign-react/es/locale/zh_CN';
import { LinkButton } from '../parts/links';
import { usePageTitle } from '../parts/PageHead';
import { Empty, Problem } from '../parts/states';

/** What is around every page: TDesign's own texts, the line of progress, and focus after a change of page. */
export function Root() {
  const { i18n } = useTranslation();
  useFocusOnNewPage();
  return (
    <ConfigProvider globalConfig={i18n.language === 'en-US' ? en : zh}>
      <Progress />
      <Outlet />
    </ConfigProvider>
  );
}

/** A thin line at the top while the server is being asked, shown only when that takes long enough to notice. */
function Progress() {
  const busy = useIsFetching() + useIsMutating() > 0;
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!busy) return setShown(false);
    const timer = setTimeout(() => setShown(true), 250);
    return () => clearTimeout(timer);
  }, [busy]);
  return shown ? <div className="progress" aria-hidden="true" /> : null;
}

/** Readers of the page by ear or keyboard start at the new content, as after any page load. */
function useFocusOnNewPage() {
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const last = useRef(path);
  useEffect(() => {
    const first = last.current === undefined;
    last.current = path;
    if (first || document.querySelector('dialog[open]')) return;
    document.getElementById('content')?.focus({ preventScroll: true });
  }, [path]);
}

export function Missing() {
  const { t } = useTranslation();
  usePageTitle(t('shell.missing'));
  return (
    <main id="content" tabIndex={-1} className="lonely">
      <h1 className="unseen">{t('shell.missing')}</h1>
      <Empty title={t('shell.missing')}>
        <LinkButton to="/apps">{t('shell.toApps')}</LinkButton>
      </Empty>
    </main>
  );
}

export function Broken({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  const router = useRouter();
  usePageTitle(t('shell.broken'));
  return (
    <main id="content" tabIndex={-1} className="lonely">
      <h1>{t('shell.broken')}</h1>
      <Problem
        error={error}
        onRetry={() => {
          reset();
          void router.invalidate();
        }}
      />
    </main>
  );
}
