import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from 'tdesign-react';
import { reading, useDoing } from '../../api/hooks';
import { Door } from '../../app/Door';
import { Field } from '../../parts/Field';
import { TextInput } from '../../parts/inputs';
import { LinkButton } from '../../parts/links';
import { Note, Problem, Waiting } from '../../parts/states';
import { check, type SetupForm, SHORTEST_PASSWORD } from './form';

/** First run: makes the owner of the platform. */
export function Setup() {
  const { t } = useTranslation();
  const status = useQuery(reading('console.setup.status', {}));
  return (
    <Door title={t('setup.title')} lead={t('setup.lead')}>
      {status.isPending && <Waiting />}
      <Problem error={status.error} onRetry={() => status.refetch()} />
      {status.data?.setUp && (
        <>
          <Note tone="info">{t('setup.done')}</Note>
          <LinkButton to="/sign-in">{t('signIn.title')}</LinkButton>
        </>
      )}
      {status.data && !status.data.setUp && <OwnerForm />}
    </Door>
  );
}

function OwnerForm() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const given = useSearch({ from: '/setup' }).token ?? '';
  const [form, setForm] = useState<SetupForm>({ token: given, name: '', password: '', again: '' });
  const [shown, setShown] = useState(false);
  const create = useDoing('console.setup.create', {
    onSuccess: async (reply) => {
      queries.setQueryData(['console.session.get', {}], reply);
      queries.removeQueries({ queryKey: ['console.setup.status'] });
      await navigate({ to: '/apps', replace: true });
    },
  });
  const wrong = check(form);
  const problem = (field: keyof SetupForm) => {
    const key = shown ? wrong[field] : undefined;
    return key && t(`setup.wrong.${key}`, { count: SHORTEST_PASSWORD });
  };
  const write = (field: keyof SetupForm) => (value: string) => setForm({ ...form, [field]: value });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setShown(true);
    if (Object.keys(wrong).length > 0) return;
    create.mutate({ token: form.token.trim(), name: form.name.trim(), password: form.password });
  };
  return (
    <form className="form" onSubmit={submit} noValidate>
      {(given === '' || create.error?.name === 'SetupTokenWrong') && (
        <Field label={t('setup.token')} hint={t('setup.tokenHint')} error={problem('token')}>
          {(ties) => (
            <TextInput ties={ties} value={form.token} onChange={write('token')} autoComplete="off" />
          )}
        </Field>
      )}
      <Field label={t('signIn.name')} hint={t('setup.nameHint')} error={problem('name')}>
        {(ties) => (
          <TextInput
            ties={ties}
            value={form.name}
            onChange={write('name')}
            autoComplete="username"
            autoFocus
          />
        )}
      </Field>
      <Field
        label={t('signIn.password')}
        hint={t('setup.passwordHint', { count: SHORTEST_PASSWORD })}
        error={problem('password')}
      >
        {(ties) => (
          <TextInput
            ties={ties}
            type="password"
            value={form.password}
            onChange={write('password')}
            autoComplete="new-password"
          />
        )}
      </Field>
      <Field label={t('setup.again')} error={problem('again')}>
        {(ties) => (
          <TextInput
            ties={ties}
            type="password"
            value={form.again}
            onChange={write('again')}
            autoComplete="new-password"
          />
        )}
      </Field>
      <Problem error={create.error} />
      <Button type="submit" size="large" block loading={create.isPending}>
        {t('setup.submit')}
      </Button>
    </form>
  );
}
