import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, Loading } from 'tdesign-react';
import { problemText } from './problem';

/** An error in its place, with another try where that can help. */
export function Problem({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  if (!error) return null;
  return (
    <div className="note note-error" role="alert">
      <span>{problemText(t, error)}</span>
      {onRetry && (
        <Button size="small" variant="outline" theme="default" onClick={onRetry}>
          {t('part.retry')}
        </Button>
      )}
    </div>
  );
}

export function Note({ tone, children }: { tone: 'info' | 'warning' | 'success'; children: ReactNode }) {
  return (
    <div className={`note note-${tone}`} role={tone === 'success' ? 'status' : undefined}>
      <span>{children}</span>
    </div>
  );
}

/** A place with nothing in it yet, which says what to do next. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <svg viewBox="0 0 64 48" width="80" height="60" aria-hidden="true">
        <rect x="4" y="8" width="34" height="24" rx="6" className="empty-back" />
        <rect x="26" y="18" width="34" height="24" rx="6" className="empty-front" />
        <path d="M34 27h18M34 33h11" className="empty-line" />
      </svg>
      <p className="empty-title">{title}</p>
      {children}
    </div>
  );
}

export function Waiting() {
  const { t } = useTranslation();
  return (
    <div className="waiting" role="status">
      <Loading size="small" />
      <span>{t('part.loading')}</span>
    </div>
  );
}
