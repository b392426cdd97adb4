import { useTranslation } from 'react-i18next';
import type { Callbacks } from '../../api/types';
import { dateTime } from '../../parts/format';
import { Note } from '../../parts/states';
import { useWords } from './useCallbacks';

/** What is thought of the app's server now. */
export function StateCard({ callbacks }: { callbacks: Callbacks }) {
  const { t, i18n } = useTranslation();
  const words = useWords();
  const { breaker, asked, answered, waiting, dead, lastFailure } = callbacks;
  const count = (value: number) => new Intl.NumberFormat(i18n.language).format(value);
  return (
    <section className="card" aria-labelledby="callback-state">
      <h2 id="callback-state">{t('callbacks.state.title')}</h2>
      {breaker !== 'closed' && <Note tone="warning">{t(`callbacks.state.${breaker}Hint`)}</Note>}
      <dl className="rows">
        <dt>{t('callbacks.state.breaker')}</dt>
        <dd>
          <span className={`state ${breaker === 'closed' ? 'is-on' : ''}`}>
            {t(`callbacks.state.${breaker}`)}
          </span>
        </dd>
        <dt>{t('callbacks.state.asked')}</dt>
        <dd>{count(asked)}</dd>
        <dt>{t('callbacks.state.answered')}</dt>
        <dd>{count(answered)}</dd>
        <dt>{t('callbacks.state.waiting')}</dt>
        <dd>{count(waiting)}</dd>
        <dt>{t('callbacks.state.dead')}</dt>
        <dd>{count(dead)}</dd>
        <dt>{t('callbacks.state.lastFailure')}</dt>
        <dd>
          {lastFailure ? (
            <>
              {words.failure(lastFailure.kind, lastFailure.why)}
              <div className="field-hint">{dateTime(lastFailure.at)}</div>
            </>
          ) : (
            <span className="faint">{t('callbacks.state.none')}</span>
          )}
        </dd>
      </dl>
    </section>
  );
}
