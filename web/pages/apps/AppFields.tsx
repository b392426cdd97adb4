import { useTranslation } from 'react-i18next';
import { APP_TYPES } from '../../api/types';
import { Field } from '../../parts/Field';
import { Choice, TextArea, TextInput } from '../../parts/inputs';
import { type AppForm, check, LONGEST_INTRODUCTION, LONGEST_NAME } from './form';

interface AppFieldsProps {
  form: AppForm;
  /** Whether to show what is missing; not before the first attempt to send. */
  strict: boolean;
  onChange(form: AppForm): void;
}

/** The three things an operator writes about an app. */
export function AppFields({ form, strict, onChange }: AppFieldsProps) {
  const { t } = useTranslation();
  const wrong = check(form);
  const problem = (field: keyof AppForm) => {
    const key = strict ? wrong[field] : undefined;
    return key && t(`appForm.wrong.${key}`);
  };
  const types = APP_TYPES.map((type) => ({ value: type, label: t(`appType.${type}`) }));
  return (
    <>
      <Field label={t('appForm.name')} hint={t('appForm.nameHint')} error={problem('name')}>
        {(ties) => (
          <TextInput
            ties={ties}
            value={form.name}
            maxLength={LONGEST_NAME}
            autoComplete="off"
            onChange={(name) => onChange({ ...form, name })}
          />
        )}
      </Field>
      <Field label={t('appForm.type')} error={problem('type')}>
        {(ties) => (
          <Choice
            ties={ties}
            value={form.type}
            options={types}
            empty={t('appForm.typeEmpty')}
            onChange={(type) => onChange({ ...form, type: type ?? '' })}
          />
        )}
      </Field>
      <Field label={t('appForm.introduction')} optional error={problem('introduction')}>
        {(ties) => (
          <TextArea
            ties={ties}
            value={form.introduction}
            maxLength={LONGEST_INTRODUCTION}
            placeholder={t('appForm.introductionHint')}
            onChange={(introduction) => onChange({ ...form, introduction })}
          />
        )}
      </Field>
    </>
  );
}
