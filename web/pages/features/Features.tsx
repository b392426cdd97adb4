import { useTranslation } from 'react-i18next';
import type { Setting } from '../../api/types';
import { Problem, Waiting } from '../../parts/states';
import { useAppId } from '../app/useApp';
import { TABLES } from '../fields/declared';
import { GroupFieldCard } from '../fields/GroupFieldCard';
import { UserFieldCard } from '../fields/UserFieldCard';
import { COLUMNS, others, pick } from './cards';
import { SettingCard } from './SettingCard';
import { useSettings } from './useSettings';

/** The tab 功能配置: every setting of the app, in effect as soon as it is saved. */
export function Features() {
  const sdkAppId = useAppId();
  const settings = useSettings(sdkAppId);
  if (settings.isPending) return <Waiting />;
  return (
    <>
      <Problem error={settings.error} onRetry={() => settings.refetch()} />
      {settings.data && <Cards sdkAppId={sdkAppId} settings={settings.data.settings} />}
    </>
  );
}

function Cards({ sdkAppId, settings }: { sdkAppId: number; settings: Setting[] }) {
  const { t } = useTranslation();
  const rest = others(settings);
  return (
    <>
      <p className="page-lead">{t('features.lead')}</p>
      <div className="halves">
        {COLUMNS.map((cards) => (
          <div key={cards[0].key} className="stack">
            {cards.map(({ key, names }) => (
              <SettingCard key={key} card={key} sdkAppId={sdkAppId} settings={pick(settings, names)} />
            ))}
          </div>
        ))}
      </div>
      {(['profile', 'friend'] as const).flatMap((kind) =>
        pick(settings, [TABLES[kind]]).map((setting) => (
          <UserFieldCard key={kind} kind={kind} sdkAppId={sdkAppId} setting={setting} />
        )),
      )}
      {(['group', 'member'] as const).flatMap((kind) =>
        pick(settings, [TABLES[kind]]).map((setting) => (
          <GroupFieldCard
            key={kind}
            kind={kind}
            sdkAppId={sdkAppId}
            setting={setting}
            other={pick(settings, [TABLES[kind === 'group' ? 'member' : 'group']])[0]}
          />
        )),
      )}
      {rest.length > 0 && <SettingCard card="other" sdkAppId={sdkAppId} settings={rest} />}
    </>
  );
}
