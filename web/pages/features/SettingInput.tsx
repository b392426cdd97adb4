import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Setting } from '../../api/types';
import { Field, type Ties } from '../../parts/Field';
import { quantity } from '../../parts/format';
import { Choice, Radios, TextInput, Toggle } from '../../parts/inputs';
import { known, PERIODS } from './cards';
import { useWords } from './useWords';

interface SettingInputProps {
  setting: Setting;
  value: string;
  error: string | undefined;
  onChange(value: string): void;
}

/** So many numbers are chosen rather than typed. */
const FEW = 10;

/** An input for a setting, drawn from what the server says it takes. */
export function SettingInput({ setting, value, error, onChange }: SettingInputProps) {
  const words = useWords();
  if (setting.kind === 'choice') {
    const options = setting.values.map((one) => ({ value: one, ...words.choice(setting, one) }));
    const meaning = known(setting.name) ? undefined : setting.meaning;
    return (
      <Radios
        label={words.label(setting)}
        hint={meaning}
        value={value}
        options={options}
        onChange={onChange}
      />
    );
  }
  const hint = (
    <>
      {words.explanation(setting, value)} {words.range(setting)}
    </>
  );
  return (
    <Field label={words.label(setting)} hint={hint} error={error}>
      {(ties) => <Control ties={ties} setting={setting} value={value} onChange={onChange} />}
    </Field>
  );
}

interface ControlProps {
  ties: Ties;
  setting: Setting;
  value: string;
  onChange(value: string): void;
}

function Control({ ties, setting, value, onChange }: ControlProps) {
  const words = useWords();
  if (setting.kind === 'bool') {
    return (
      <Toggle
        ties={ties}
        value={value === 'true'}
        text={words.value(setting, value)}
        onChange={(on) => onChange(String(on))}
      />
    );
  }
  if (setting.name === 'roaming_days') return <Period ties={ties} value={value} onChange={onChange} />;
  if (setting.kind === 'number' && setting.range && setting.range[1] - setting.range[0] < FEW) {
    const [low, high] = setting.range;
    const options = Array.from({ length: high - low + 1 }, (_, at) => String(low + at));
    return (
      <Choice
        ties={ties}
        value={value}
        options={options.map((one) => ({ value: one, label: words.value(setting, one) }))}
        onChange={(next) => next !== undefined && onChange(next)}
      />
    );
  }
  return <TextInput ties={ties} value={value} autoComplete="off" onChange={onChange} />;
}

/** A period of the guide, or so many days. */
function Period({ ties, value, onChange }: Omit<ControlProps, 'setting'>) {
  const { t, i18n } = useTranslation();
  const isUsual = PERIODS.some((days) => String(days) === value);
  const [typing, setTyping] = useState(!isUsual);
  const options = [
    ...PERIODS.map((days) => ({ value: String(days), label: quantity(days, 'day', i18n.language) })),
    { value: 'other', label: t('features.roaming.other') },
  ];
  return (
    <>
      <Choice
        ties={ties}
        value={typing ? 'other' : value}
        options={options}
        onChange={(next) => {
          setTyping(next === 'other');
          if (next !== undefined && next !== 'other') onChange(next);
        }}
      />
      {typing && (
        <Field label={t('features.roaming.days')}>
          {(inner) => (
            <TextInput
              ties={{ ...inner, invalid: ties.invalid }}
              value={value}
              autoComplete="off"
              onChange={onChange}
            />
          )}
        </Field>
      )}
    </>
  );
}
