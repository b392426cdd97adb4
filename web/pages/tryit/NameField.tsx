import { type FormEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from 'tdesign-react';
import { TextInput } from '../../parts/inputs';
import { userIdProblem } from '../../parts/userId';

interface NameFieldProps {
  user: string;
  taken: readonly string[];
  onRename(next: string): void;
  takesFocus: boolean;
}

/** Who a pane is. Another name signs in as that user. */
export function NameField({ user, taken, onRename, takesFocus }: NameFieldProps) {
  const { t } = useTranslation();
  const id = useId();
  const [name, setName] = useState(user);
  const next = name.trim();
  const changed = next !== user;
  const problem = taken.includes(next) ? 'taken' : next.includes(',') ? 'characters' : userIdProblem(next);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (changed && !problem) onRename(next);
  };
  return (
    <form className="pane-name" onSubmit={submit} noValidate>
      <label htmlFor={id}>{t('tryIt.user')}</label>
      <TextInput
        ties={{ id, describedBy: problem ? `${id}-error` : undefined, invalid: problem !== undefined }}
        value={name}
        autoComplete="off"
        autoFocus={takesFocus}
        onChange={setName}
      />
      {changed && !problem && (
        <Button type="submit" variant="outline" theme="primary">
          {t('tryIt.switch')}
        </Button>
      )}
      {problem && (
        <span className="field-error" id={`${id}-error`} role="alert">
          {t(`userId.${problem}`)}
        </span>
      )}
    </form>
  );
}
