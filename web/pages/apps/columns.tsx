import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Tag } from 'tdesign-react';
import type { App, AppSort, AppState, Edition, Quota } from '../../api/types';
import type { Column } from '../../parts/DataTable';
import { dateTime } from '../../parts/format';
import { Hint } from '../../parts/Hint';

const STATE_TONES: Record<AppState, 'success' | 'warning' | 'danger'> = {
  enabled: 'success',
  expiring: 'warning',
  stopped: 'danger',
};

const WITH_QUOTA: readonly Edition[] = ['trial', 'trtcTrial', 'pro'];

/** The columns of the app list. */
export function useColumns(): readonly Column<App, AppSort>[] {
  const { t } = useTranslation();
  return [
    { key: 'sdkAppId', title: 'SDKAppID', sort: 'sdkAppId', cell: ({ sdkAppId }) => <code>{sdkAppId}</code> },
    { key: 'name', title: t('apps.column.name'), sort: 'name', cell: (app) => <AppName app={app} /> },
    { key: 'edition', title: t('apps.column.edition'), cell: (app) => <EditionCell app={app} /> },
    {
      key: 'state',
      title: t('apps.column.state'),
      cell: ({ state }) => (
        <Tag theme={STATE_TONES[state]} variant="light">
          {t(`appState.${state}`)}
        </Tag>
      ),
    },
    {
      key: 'created',
      title: t('apps.column.created'),
      sort: 'created',
      cell: ({ createdAt }) => <time className="moment">{dateTime(createdAt)}</time>,
    },
    {
      key: 'expires',
      title: t('apps.column.expires'),
      cell: ({ expiresAt }) =>
        expiresAt === undefined ? t('apps.forEver') : <time className="moment">{dateTime(expiresAt)}</time>,
    },
    {
      key: 'purchase',
      title: t('apps.column.purchase'),
      hint: <Hint label={t('apps.purchaseLabel')}>{t('apps.purchaseHint')}</Hint>,
      cell: (app) => <Purchase app={app} />,
    },
    { key: 'actions', title: t('apps.column.actions'), cell: (app) => <Actions app={app} /> },
  ];
}

function AppName({ app }: { app: App }) {
  return (
    <Link className="link" to="/apps/$sdkAppId" params={{ sdkAppId: app.sdkAppId }}>
      {app.name}
    </Link>
  );
}

function EditionCell({ app }: { app: App }) {
  const { t } = useTranslation();
  const edition = t(`edition.${app.edition}`);
  return (
    <span className="with-hint">
      {edition}
      {WITH_QUOTA.includes(app.edition) && (
        <Hint label={t('quota.title', { edition })}>
          <QuotaList quota={app.quota} />
        </Hint>
      )}
    </span>
  );
}

function QuotaList({ quota }: { quota: Quota }) {
  const { t } = useTranslation();
  const rows = [
    [t('quota.accounts'), quota.accounts],
    [t('quota.avChatRooms'), quota.avChatRooms],
    [t('quota.groupMembers'), quota.groupMembers],
    [t('quota.groupsPerUser'), quota.groupsPerUser],
    [t('quota.friends'), quota.friends],
  ] as const;
  return (
    <span className="quota">
      {rows.map(([name, count]) => (
        <span key={name} className="quota-row">
          <span>{name} </span>
          <span>{count ?? t('quota.unlimited')} </span>
        </span>
      ))}
    </span>
  );
}

/** The links of the guide; buying is not part of this edition, so they lead nowhere yet. */
function Purchase({ app }: { app: App }) {
  const { t } = useTranslation();
  const offers = purchaseOffers(app);
  if (offers.length === 0) return <span className="faint">—</span>;
  return (
    <span className="purchase">
      {offers.map((offer) => (
        <span key={offer} className="faint" title={t('apps.purchaseHint')}>
          {t(`purchase.${offer}`)}
        </span>
      ))}
    </span>
  );
}

/** What the guide offers for an app of this edition and state. */
export function purchaseOffers({ edition, state }: Pick<App, 'edition' | 'state'>) {
  if (edition === 'im') return [];
  if (state === 'stopped') return ['buy'] as const;
  if (edition === 'trtc') return ['renew'] as const;
  if (edition === 'pro') return ['upgrade', 'renew'] as const;
  return ['upgrade'] as const;
}

function Actions({ app }: { app: App }) {
  const { t } = useTranslation();
  const params = { sdkAppId: app.sdkAppId };
  return (
    <span className="row-actions">
      <Link className="link" to="/apps/$sdkAppId" params={params}>
        {t('apps.configure')}
      </Link>
      <Link className="link" to="/apps/$sdkAppId/try" params={params}>
        {t('tryIt.title')}
      </Link>
      <Link className="link" to="/apps/$sdkAppId/tools" params={params}>
        {t('tools.title')}
      </Link>
    </span>
  );
}
