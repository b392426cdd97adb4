import { useTranslation } from 'react-i18next';
import { Button } from 'tdesign-react';
import { useDoing } from '../../api/hooks';
import type { App } from '../../api/types';
import { CopyButton } from '../../parts/Copy';
import { Note, Problem } from '../../parts/states';

/** 密钥信息: fetched only when asked for, and forgotten when hidden. */
export function KeyInformation({ app }: { app: App }) {
  const { t } = useTranslation();
  const key = useDoing('console.app.key', { gcTime: 0 });
  if (app.administrators.length === 0) return <p className="faint">{t('key.needsAdministrator')}</p>;
  return (
    <div className="stack">
      <div className="actions">
        {key.data ? (
          <Button variant="outline" theme="default" onClick={() => key.reset()}>
            {t('key.hide')}
          </Button>
        ) : (
          <Button
            variant="outline"
            theme="default"
            loading={key.isPending}
            onClick={() => key.mutate({ sdkAppId: app.sdkAppId })}
          >
            {t('key.show')}
          </Button>
        )}
        {key.data && <CopyButton text={key.data.key} label={t('key.copy')} />}
      </div>
      {key.data && (
        <code className="key" data-testid="key">
          {key.data.key}
        </code>
      )}
      <Problem error={key.error} />
      <Note tone="warning">{t('key.warning')}</Note>
      <p className="faint">{t('key.algorithm')}</p>
    </div>
  );
}
