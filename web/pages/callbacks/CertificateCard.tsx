import { type FormEvent, Fragment, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Setting } from '../../api/types';
import { EditActions, EditCard } from '../../parts/EditCard';
import { Field } from '../../parts/Field';
import { TextArea } from '../../parts/inputs';
import { Problem } from '../../parts/states';
import { changed } from '../features/cards';
import { isPem, textOf } from './search';
import { useSetCallbacks } from './useCallbacks';

interface SettingsProps {
  sdkAppId: number;
  settings: readonly Setting[];
}

const FIELDS = [
  { name: 'callback_ca', key: 'ca' },
  { name: 'callback_certificate', key: 'own' },
  { name: 'callback_key', key: 'key' },
] as const;

/** By what the app's server is known over HTTPS, and by what it knows who asks. */
export function CertificateCard({ sdkAppId, settings }: SettingsProps) {
  const { t } = useTranslation();
  const title = t('callbacks.certificate.title');
  return (
    <EditCard
      id="callback-certificate"
      title={title}
      editLabel={t('features.edit', { title })}
      editor={(ends) => <Editor sdkAppId={sdkAppId} settings={settings} {...ends} />}
    >
      <dl className="rows">
        {FIELDS.map(({ name, key }) => (
          <Fragment key={name}>
            <dt>{t(`callbacks.certificate.${key}`)}</dt>
            <dd>
              {textOf(settings, name) ? (
                t('callbacks.server.isSet')
              ) : (
                <span className="faint">{t(`callbacks.certificate.${key}None`)}</span>
              )}
            </dd>
          </Fragment>
        ))}
      </dl>
    </EditCard>
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
  const isWrong = (name: string) => name !== 'callback_key' && !isPem(value(name));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setStrict(true);
    if (FIELDS.some(({ name }) => isWrong(name))) return;
    const changes = changed(settings, edits);
    if (Object.keys(changes).length === 0) onCancel();
    else set.mutate({ sdkAppId, settings: changes });
  };
  return (
    <form className="form form-narrow" onSubmit={submit} noValidate>
      {FIELDS.map(({ name, key }) => (
        <Field
          key={name}
          label={t(`callbacks.certificate.${key}`)}
          hint={t(`callbacks.certificate.${key}Hint`)}
          error={strict && isWrong(name) ? t('callbacks.certificate.wrong') : undefined}
          optional
        >
          {(ties) => (
            <TextArea
              ties={ties}
              value={value(name)}
              rows={4}
              onChange={(next) => setEdits({ ...edits, [name]: next })}
            />
          )}
        </Field>
      ))}
      <Problem error={set.error} />
      <EditActions busy={set.isPending} onCancel={onCancel} />
    </form>
  );
}
