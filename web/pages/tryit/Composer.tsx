import { type FormEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SendIcon } from 'tdesign-icons-react';
import { Button } from 'tdesign-react';
import { TextInput } from '../../parts/inputs';

interface ComposerProps {
  me: string;
  peer: string;
  disabled: boolean;
  onSend(words: string): void;
}

/** The line to write in. Enter sends. */
export function Composer({ me, peer, disabled, onSend }: ComposerProps) {
  const { t } = useTranslation();
  const id = useId();
  const [words, setWords] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (disabled || words.trim() === '') return;
    onSend(words);
    setWords('');
  };
  return (
    <form className="pane-composer" onSubmit={submit}>
      <label className="unseen" htmlFor={id}>
        {t('tryIt.write', { me, peer })}
      </label>
      <TextInput
        ties={{ id, describedBy: undefined, invalid: false }}
        value={words}
        placeholder={t('tryIt.writeHint', { peer })}
        autoComplete="off"
        disabled={disabled}
        onChange={setWords}
      />
      <Button
        type="submit"
        tag="button"
        icon={<SendIcon aria-hidden />}
        disabled={disabled || words.trim() === ''}
      >
        {t('tryIt.send')}
      </Button>
    </form>
  );
}
