import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Setting } from '../../api/types';
import { EditActions, EditCard } from '../../parts/EditCard';
import { Field } from '../../parts/Field';
import { Radios, TextInput, Toggle } from '../../parts/inputs';
import { Problem } from '../../parts/states';
import { changed } from '../features/cards';
import { textOf, urlProblem } from './search';
import { useSetCallbacks } from './useCallbacks';

interface SettingsProps {
  sdkAppId: number;
  settings: readonly Setting[];
}

const POLICIES = ['deliver', 'refuse'] as const;
const FORMS = [
  { value: 'current', key: 'current' },
  { value: '2019', key: 'old' },
] as const;

/** Where the app's server is, how it knows who asks, and what happens when it does not answer. */
export function ServerCard({ sdkAppId, settings }: SettingsProps) {
  const { t } = useTranslation();
  const title = t('callbacks.server.title');
  return (
    <EditCard
      id="callback-server"
      title={title}
      editLabel={t('features.edit', { title })}
      editor={(ends) => <Editor sdkAppId={sdkAppId} settings={settings} {...ends} />}
    >
      <Rows settings={settings} />
    </EditCard>
  );
}

function Rows({ settings }: { settings: readonly Setting[] }) {
  const { t } = useTranslation();
  const value = (name: string) => textOf(settings, name);
  const policy = POLICIES.find((one) => one === value('callback_on_failure')) ?? 'deliver';
  const form = FORMS.find((one) => one.value === value('callback_form'))?.key ?? 'current';
  const retries = value('callback_retry') === 'true';
  return (
    <dl className="rows">
      <dt>{t('callbacks.server.url')}</dt>
      <dd>{value('callback_url') || <span className="faint">{t('callbacks.server.none')}</span>}</dd>
      <dt>{t('callbacks.server.token')}</dt>
      <dd>
        {value('callback_token') ? (
          t('callbacks.server.isSet')
        ) : (
          <span className="faint">{t('callbacks.server.none')}</span>
        )}
      </dd>
      <dt>{t('callbacks.server.policy')}</dt>
      <dd>
        {t(`callbackPolicy.${policy}`)}
        <div className="field-hint">{t(`callbackPolicy.${policy}Hint`)}</div>
      </dd>
      <dt>{t('callbacks.server.retry')}</dt>
      <dd>
        <span className={`state ${retries ? 'is-on' : ''}`}>
          {retries ? t('features.on') : t('features.off')}
        </span>
        <div className="field-hint">{t('callbacks.server.retryHint')}</div>
      </dd>
      <dt>{t('callbacks.server.form')}</dt>
      <dd>
        {t(`callbackForm.${form}`)}
        <div className="field-hint">{t(`callbackForm.${form}Hint`)}</div>
      </dd>
    </dl>
  );
}

function Editor({
  sdkAppId,
  settings,
  onSaved,
  onCancel,
}: SettingsProps & { onSaved(): void; onCancel(): void }) {
  const { t } = useTranslation();
  const [edits, setEdits] = useState<Readonly<Record<string, string>>>({});
  const [strict, setStrict] = useState(false);
  const set = useSetCallbacks(sdkAppId, onSaved);
  const value = (name: string) => edits[name] ?? textOf(settings, name);
  const edit = (name: string) => (next: string) => setEdits({ ...edits, [name]: next });
  const wrong = urlProblem(value('callback_url').trim());
  const retries = value('callback_retry') === 'true';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setStrict(true);
    if (wrong) return;
    const changes = changed(settings, edits);
    if (Object.keys(changes).length === 0) onCancel();
    else set.mutate({ sdkAppId, settings: changes });
  };
  return (
    <form className="form form-narrow" onSubmit={submit} noValidate>
      <Field
        label={t('callbacks.server.url')}
        hint={t('callbacks.server.urlHint')}
        error={strict && wrong ? t(`callbacks.server.wrong.${wrong}`) : undefined}
      >
        {(ties) => (
          <TextInput
            ties={ties}
            value={value('callback_url')}
            placeholder="https://example.com/im"
            autoComplete="off"
            onChange={edit('callback_url')}
          />
        )}
      </Field>
      <Field label={t('callbacks.server.token')} hint={t('callbacks.server.tokenHint')} optional>
        {(ties) => (
          <TextInput
            ties={ties}
            value={value('callback_token')}
            autoComplete="off"
            onChange={edit('callback_token')}
          />
        )}
      </Field>
      <Radios
        label={t('callbacks.server.policy')}
        value={value('callback_on_failure')}
        options={POLICIES.map((policy) => ({
          value: policy,
          label: t(`callbackPolicy.${policy}`),
          hint: t(`callbackPolicy.${policy}Hint`),
        }))}
        onChange={edit('callback_on_failure')}
      />
      <Field label={t('callbacks.server.retry')} hint={t('callbacks.server.retryHint')}>
        {(ties) => (
          <Toggle
            ties={ties}
            value={retries}
            text={retries ? t('features.on') : t('features.off')}
            onChange={(on) => edit('callback_retry')(String(on))}
          />
        )}
      </Field>
      <Radios
        label={t('callbacks.server.form')}
        value={value('callback_form')}
        options={FORMS.map((form) => ({
          value: form.value,
          label: t(`callbackForm.${form.key}`),
          hint: t(`callbackForm.${form.key}Hint`),
        }))}
        onChange={edit('callback_form')}
      />
      <Problem error={set.error} />
      <EditActions busy={set.isPending} onCancel={onCancel} />
    </form>
  );
}
