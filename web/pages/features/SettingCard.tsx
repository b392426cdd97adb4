import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EditIcon } from 'tdesign-icons-react';
import { Button } from 'tdesign-react';
import type { Setting } from '../../api/types';
import { Note, Problem } from '../../parts/states';
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
  const [state, setState] = useState<'shown' | 'editing' | 'saved'>('shown');
  const section = useFocusThatFollows(state === 'editing');
  const title = t(`features.card.${card}`);
  if (settings.length === 0) return null;
  return (
    <section className="card" aria-labelledby={`card-${card}`} ref={section}>
      <header className="card-head">
        <h2 id={`card-${card}`}>{title}</h2>
        {state !== 'editing' && (
          <Button
            variant="text"
            theme="primary"
            icon={<EditIcon aria-hidden />}
            aria-label={t('features.edit', { title })}
            onClick={() => setState('editing')}
          >
            {t('part.edit')}
          </Button>
        )}
      </header>
      {state === 'saved' && <Note tone="success">{t('part.saved')}</Note>}
      {card === 'other' && <p className="faint">{t('features.otherLead')}</p>}
      {state === 'editing' ? (
        <Editor
          sdkAppId={sdkAppId}
          settings={settings}
          onSaved={() => setState('saved')}
          onCancel={() => setState('shown')}
        />
      ) : (
        <Rows settings={settings} />
      )}
    </section>
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
  const { t } = useTranslation();
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
      <footer className="actions">
        <Button type="submit" loading={set.isPending}>
          {t('part.save')}
        </Button>
        <Button theme="default" variant="outline" onClick={onCancel}>
          {t('part.cancel')}
        </Button>
      </footer>
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

/** Keeps the focus within the card when its inputs come and go: on the first of them, and then on 编辑 again. */
function useFocusThatFollows(editing: boolean) {
  const section = useRef<HTMLElement>(null);
  const before = useRef(editing);
  useEffect(() => {
    if (before.current === editing) return;
    before.current = editing;
    const find = (what: string) => section.current?.querySelector<HTMLElement>(what);
    const first = find('form :is(input, select, textarea)');
    const isRadio = first?.matches('[type="radio"]');
    const target = editing ? (isRadio && find('form input:checked')) || first : find('.card-head button');
    target?.focus();
  }, [editing]);
  return section;
}
