import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { AppIcon, LogoutIcon, UserIcon } from 'tdesign-icons-react';
import { Button } from 'tdesign-react';
import { reading, useDoing } from '../api/hooks';
import { Brand } from './Brand';
import { Preferences } from './Preferences';

/** The frame of every page behind the sign-in: bar, menu, content. */
export function Shell() {
  const { t } = useTranslation();
  const { data: status } = useQuery({
    ...reading('console.setup.status', {}),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <div className="shell">
      <a className="skip" href="#content">
        {t('shell.skip')}
      </a>
      <header className="bar">
        <Link to="/apps" className="bar-brand" aria-label={t('shell.title')}>
          <Brand />
          <span className="bar-title">{t('shell.title')}</span>
        </Link>
        <div className="bar-tools">
          <Preferences />
          <Account />
        </div>
      </header>
      <nav className="menu" aria-label={t('shell.menu')}>
        <Link to="/apps" className="menu-entry" activeProps={{ className: 'is-active' }}>
          <AppIcon aria-hidden />
          {t('apps.title')}
        </Link>
        {status && <span className="menu-version">Feihong {status.version}</span>}
      </nav>
      <main id="content" className="content" tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}

function Account() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { data } = useQuery(reading('console.session.get', {}));
  const signOut = useDoing('console.session.delete', {
    onSettled: async () => {
      queries.clear();
      await navigate({ to: '/sign-in' });
    },
  });
  return (
    <>
      {data && (
        <span className="bar-operator" title={t('shell.signedInAs', { name: data.operator.name })}>
          <UserIcon aria-hidden />
          <span>{data.operator.name}</span>
        </span>
      )}
      <Button
        variant="text"
        icon={<LogoutIcon aria-hidden />}
        loading={signOut.isPending}
        onClick={() => signOut.mutate({})}
      >
        {t('shell.signOut')}
      </Button>
    </>
  );
}
