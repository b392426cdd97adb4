import { useTranslation } from 'react-i18next';
import { Administrators } from './Administrators';
import { Information } from './Information';
import { KeyInformation } from './KeyInformation';
import { useApp } from './useApp';

/** The tab 基础配置: what the app is, who administers it, and its key. */
export function Basics() {
  const { t } = useTranslation();
  const { data: app } = useApp();
  if (!app) return null;
  return (
    <>
      <Information app={app} />
      <section className="card" aria-labelledby="accounts">
        <h2 id="accounts">{t('accounts.title')}</h2>
        <dl className="rows">
          <dt>{t('accounts.mode')}</dt>
          <dd>{t('accounts.ownAccounts')}</dd>
          <dt>{t('accounts.administrators')}</dt>
          <dd>
            <Administrators app={app} />
          </dd>
          <dt>{t('key.title')}</dt>
          <dd>
            <KeyInformation app={app} />
          </dd>
        </dl>
      </section>
    </>
  );
}
