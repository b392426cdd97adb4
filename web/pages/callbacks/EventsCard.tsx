import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from 'tdesign-react';
import type { CallbackCommand } from '../../api/types';
import { EditActions, EditCard } from '../../parts/EditCard';
import { Toggle } from '../../parts/inputs';
import { Problem } from '../../parts/states';
import { byFamily } from './events';
import { useSetCallbacks, useWords } from './useCallbacks';

interface EventsProps {
  sdkAppId: number;
  commands: readonly CallbackCommand[];
}

/** A switch for each event. */
export function EventsCard({ sdkAppId, commands }: EventsProps) {
  const { t } = useTranslation();
  const title = t('callbacks.events.title');
  const on = commands.filter((command) => command.on).length;
  return (
    <EditCard
      id="callback-events"
      title={title}
      editLabel={t('features.edit', { title })}
      lead={
        <p className="faint">
          {t('callbacks.events.lead')} {t('callbacks.events.count', { on, all: commands.length })}
        </p>
      }
      editor={(ends) => <Editor sdkAppId={sdkAppId} commands={commands} {...ends} />}
    >
      <Families commands={commands}>
        {(command) => (
          <Event command={command} id={undefined}>
            <span className={`state ${command.on ? 'is-on' : ''}`}>
              {command.on ? t('features.on') : t('features.off')}
            </span>
          </Event>
        )}
      </Families>
    </EditCard>
  );
}

interface FamiliesProps {
  commands: readonly CallbackCommand[];
  children(command: CallbackCommand): ReactNode;
}

function Families({ commands, children }: FamiliesProps) {
  const { t } = useTranslation();
  return (
    <div className="families">
      {byFamily(commands).map((family) => (
        <section key={family.key} aria-labelledby={`family-${family.key}`}>
          <h3 id={`family-${family.key}`}>{t(`callbackFamily.${family.key}`)}</h3>
          <ul className="events">
            {family.commands.map((command) => (
              <li key={command.name}>{children(command)}</li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

interface EventProps {
  command: CallbackCommand;
  /** Of its switch, if it has one. */
  id: string | undefined;
  children: ReactNode;
}

function Event({ command, id, children }: EventProps) {
  const { t } = useTranslation();
  const words = useWords();
  const name = words.name(command.name, command);
  return (
    <>
      <div className="event">
        {id ? <label htmlFor={id}>{name}</label> : <span>{name}</span>}{' '}
        <span className={`tag ${command.before ? 'is-before' : ''}`}>
          {command.before ? t('callbacks.events.before') : t('callbacks.events.after')}
        </span>
        <div className="field-hint" id={id && `${id}-hint`}>
          {words.meaning(command)} <code>{command.name}</code>
        </div>
      </div>
      {children}
    </>
  );
}

interface SwitchProps {
  command: CallbackCommand;
  on: boolean;
  onChange(on: boolean): void;
}

function Switch({ command, on, onChange }: SwitchProps) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <Event command={command} id={id}>
      <Toggle
        ties={{ id, describedBy: `${id}-hint`, invalid: false }}
        value={on}
        text={on ? t('features.on') : t('features.off')}
        onChange={onChange}
      />
    </Event>
  );
}

function Editor({
  sdkAppId,
  commands,
  onSaved,
  onCancel,
}: EventsProps & { onSaved(): void; onCancel(): void }) {
  const { t } = useTranslation();
  const [on, setOn] = useState<ReadonlySet<string>>(
    () => new Set(commands.filter((command) => command.on).map(({ name }) => name)),
  );
  const set = useSetCallbacks(sdkAppId, onSaved);
  const turn = (name: string, next: boolean) => {
    const others = [...on].filter((one) => one !== name);
    setOn(new Set(next ? [...others, name] : others));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (commands.every((command) => command.on === on.has(command.name))) return onCancel();
    const names = commands.filter(({ name }) => on.has(name)).map(({ name }) => name);
    set.mutate({ sdkAppId, settings: { callbacks: names.join(',') } });
  };
  return (
    <form className="form" onSubmit={submit} noValidate>
      <div className="actions">
        <Button
          variant="outline"
          theme="default"
          size="small"
          onClick={() => setOn(new Set(commands.map(({ name }) => name)))}
        >
          {t('callbacks.events.allOn')}
        </Button>
        <Button variant="outline" theme="default" size="small" onClick={() => setOn(new Set())}>
          {t('callbacks.events.allOff')}
        </Button>
      </div>
      <Families commands={commands}>
        {(command) => (
          <Switch command={command} on={on.has(command.name)} onChange={(next) => turn(command.name, next)} />
        )}
      </Families>
      <Problem error={set.error} />
      <EditActions busy={set.isPending} onCancel={onCancel} />
    </form>
  );
}
