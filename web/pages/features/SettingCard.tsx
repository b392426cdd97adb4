import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Setting } from '../../api/types';
import { EditActions, EditCard } from '../../parts/EditCard';
import { Problem } from '../../parts/states';
import { type Card, changed, check } from './cards';
import { RoamingConfirm } from './RoamingConfirm';
import { SettingInput } from './SettingInput';
import { useSet } from './useSettings';
import { useWords } from './useWords';

interface SettingCardProps {
  card: Card['key'] | 'other';
  sdkAppId: number;
  settings: readonly Setting[];
}

/** Some settings: read, or written after 编辑. */
export function SettingCard({ card, sdkAppId, settings }: SettingCardProps) {
  const { t } = useTranslation();
  if (settings.length === 0) return null;
  const title = t(`features.card.${card}`);
  return (
    <EditCard
      id={`card-${card}`}
      title={title}
      editLabel={t('features.edit', { title })}
      lead={card === 'other' && <p className="faint">{t('features.otherLead')}</p>}
      editor={(ends) => <Editor sdkAppId={sdkAppId} settings={settings} {...ends} />}
    >
      <Rows settings={settings} />
    </EditCard>
  );
}

function Rows({ settings }: { settings: readonly Setting[] }) {
  const words = useWords();
  return (
    <dl className="rows rows-stacked">
      {settings.map((setting) => (
        <div key={setting.name}>
          <dt>{words.label(setting)}</dt>
          <dd>
            {setting.kind === 'bool' ? (
              <span className={`state ${setting.value === 'true' ? 'is-on' : ''}`}>
                {words.value(setting, setting.value)}
              </span>
            ) : (
              words.value(setting, setting.value)
            )}
            <div className="field-hint">{words.explanation(setting, setting.value)}</div>
          </dd>
        </div>
      ))}
    </dl>
  );
}

interface EditorProps {
  sdkAppId: number;
  settings: readonly Setting[];
  onSaved(): void;
  onCancel(): void;
}

function Editor({ sdkAppId, settings, onSaved, onCancel }: EditorProps) {
  const words = useWords();
  const [edits, setEdits] = useState<Readonly<Record<string, string>>>({});
  const [strict, setStrict] = useState(false);
  const [asking, setAsking] = useState(false);
  const set = useSet(sdkAppId, onSaved);
  const changes = changed(settings, edits);
  const save = () => set.mutate({ sdkAppId, changes });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setStrict(true);
    if (settings.some((setting) => check(setting, edits[setting.name] ?? setting.value))) return;
    if (Object.keys(changes).length === 0) onCancel();
    else if (changes.roaming_days !== undefined) setAsking(true);
    else save();
  };
  const days = settings.find((setting) => setting.name === 'roaming_days');
  return (
    <form className="form form-narrow" onSubmit={submit} noValidate>
      {settings.map((setting) => {
        const value = edits[setting.name] ?? setting.value;
        const wrong = strict ? check(setting, value) : undefined;
        return (
          <SettingInput
            key={setting.name}
            setting={setting}
            value={value}
            error={wrong && words.wrong(setting, wrong)}
            onChange={(next) => setEdits({ ...edits, [setting.name]: next })}
          />
        );
      })}
      {!asking && <Problem error={set.error} />}
      <EditActions busy={set.isPending} onCancel={onCancel} />
      {asking && days && changes.roaming_days !== undefined && (
        <RoamingConfirm
          from={Number(days.value)}
          to={Number(changes.roaming_days)}
          busy={set.isPending}
          error={set.error}
          onConfirm={save}
          onClose={() => setAsking(false)}
        />
      )}
    </form>
  );
}
