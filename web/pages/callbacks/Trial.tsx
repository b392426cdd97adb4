import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from 'tdesign-react';
import { useDoing } from '../../api/hooks';
import type { CallbackCommand, CallbackTrial } from '../../api/types';
import { Code } from '../../parts/Copy';
import { Field } from '../../parts/Field';
import { Choice } from '../../parts/inputs';
import { Note, Problem } from '../../parts/states';
import { byFamily } from './events';
import { useKeep, useWords } from './useCallbacks';

interface TrialProps {
  sdkAppId: number;
  commands: readonly CallbackCommand[];
  hasUrl: boolean;
}

/** Sends a sample to the app's server, and shows the request and the answer. */
export function Trial({ sdkAppId, commands, hasUrl }: TrialProps) {
  const { t } = useTranslation();
  const words = useWords();
  const keep = useKeep(sdkAppId);
  const [command, setCommand] = useState('C2C.CallbackBeforeSendMsg');
  const reread = useDoing('console.callback.get', { onSuccess: keep });
  const trial = useDoing('console.callback.test', { onSuccess: () => reread.mutate({ sdkAppId }) });
  const options = byFamily(commands).flatMap((family) =>
    family.commands.map((one) => ({ value: one.name, label: words.name(one.name, one) })),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    trial.mutate({ sdkAppId, command });
  };
  return (
    <section className="card" aria-labelledby="callback-trial">
      <h2 id="callback-trial">{t('callbacks.trial.title')}</h2>
      <p className="faint">{t('callbacks.trial.lead')}</p>
      <form className="form" onSubmit={submit} noValidate>
        <Field label={t('callbacks.trial.event')}>
          {(ties) => (
            <Choice
              ties={ties}
              value={command}
              options={options}
              onChange={(next) => next !== undefined && setCommand(next)}
            />
          )}
        </Field>
        <Problem error={trial.error} />
        <div className="actions">
          <Button type="submit" tag="button" loading={trial.isPending} disabled={!hasUrl}>
            {t('callbacks.trial.send')}
          </Button>
        </div>
      </form>
      <div aria-live="polite">{trial.data && <Outcome trial={trial.data} />}</div>
    </section>
  );
}

function Outcome({ trial }: { trial: CallbackTrial }) {
  const { t } = useTranslation();
  const words = useWords();
  return (
    <div className="result">
      {trial.failure === undefined ? (
        <Note tone="success">{t('callbacks.trial.fine', { took: trial.took })}</Note>
      ) : (
        <div className="note note-error">
          <span>{words.failure(trial.kind, trial.failure)}</span>
        </div>
      )}
      {trial.url !== '' && (
        <>
          <h3>{t('callbacks.trial.request')}</h3>
          <code className="key">POST {trial.url}</code>
          <Code text={JSON.stringify(trial.body, null, 2)} label={t('callbacks.trial.request')} />
        </>
      )}
      {trial.status !== undefined && (
        <>
          <h3>{t('callbacks.trial.answer', { status: trial.status })}</h3>
          <Code text={trial.answer || ' '} label={t('callbacks.trial.answer', { status: trial.status })} />
        </>
      )}
    </div>
  );
}
