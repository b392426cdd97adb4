import { useTranslation } from 'react-i18next';
import type { Callbacks as Shown } from '../../api/types';
import { Note, Problem, Waiting } from '../../parts/states';
import { useAppId } from '../app/useApp';
import { CertificateCard } from './CertificateCard';
import { EventsCard } from './EventsCard';
import { Log } from './Log';
import { ServerCard } from './ServerCard';
import { StateCard } from './StateCard';
import { textOf } from './search';
import { Trial } from './Trial';
import './callbacks.css';
import { useCallbacks } from './useCallbacks';

/** The tab 回调配置: where the app's own server is, what it is asked and told, and what came of that. */
export function Callbacks() {
  const sdkAppId = useAppId();
  const callbacks = useCallbacks(sdkAppId);
  if (callbacks.isPending) return <Waiting />;
  return (
    <>
      <Problem error={callbacks.error} onRetry={() => callbacks.refetch()} />
      {callbacks.data && <Cards sdkAppId={sdkAppId} callbacks={callbacks.data} />}
    </>
  );
}

function Cards({ sdkAppId, callbacks }: { sdkAppId: number; callbacks: Shown }) {
  const { t } = useTranslation();
  const url = textOf(callbacks.settings, 'callback_url');
  const isOn = callbacks.commands.some(({ on }) => on);
  return (
    <>
      <p className="page-lead">{t('callbacks.lead')}</p>
      {url === '' && <Note tone="info">{t('callbacks.noUrl')}</Note>}
      {url !== '' && !isOn && <Note tone="info">{t('callbacks.noneOn')}</Note>}
      <div className="halves">
        <div className="stack">
          <ServerCard sdkAppId={sdkAppId} settings={callbacks.settings} />
          <CertificateCard sdkAppId={sdkAppId} settings={callbacks.settings} />
        </div>
        <div className="stack">
          <StateCard callbacks={callbacks} />
          <Trial sdkAppId={sdkAppId} commands={callbacks.commands} hasUrl={url !== ''} />
        </div>
      </div>
      <EventsCard sdkAppId={sdkAppId} commands={callbacks.commands} />
      <Log sdkAppId={sdkAppId} commands={callbacks.commands} dead={callbacks.dead} />
    </>
  );
}
