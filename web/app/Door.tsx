import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { usePageTitle } from '../parts/PageHead';
import { Brand } from './Brand';
import { Preferences } from './Preferences';

/** The frame of the pages before the sign-in. */
export function Door({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  const { t } = useTranslation();
  usePageTitle(title);
  return (
    <div className="door">
      <header className="bar">
        <span className="bar-brand">
          <Brand />
          <span className="bar-title">{t('shell.title')}</span>
        </span>
        <div className="bar-tools">
          <Preferences />
        </div>
      </header>
      <main id="content" className="door-card" tabIndex={-1}>
        <h1>{title}</h1>
        {lead && <p className="page-lead">{lead}</p>}
        {children}
      </main>
    </div>
  );
}
