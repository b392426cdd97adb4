import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useRouter, useSearch } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from 'tdesign-react';
import { useDoing } from '../../api/hooks';
import { Door } from '../../app/Door';
import { Field } from '../../parts/Field';
import { TextInput } from '../../parts/inputs';
import { Problem } from '../../parts/states';
import { returnPath } from './return';

export function SignIn() {
  const { t } = useTranslation();
  const router = useRouter();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { to } = useSearch({ from: '/sign-in' });
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [shown, setShown] = useState(false);
  const signIn = useDoing('console.session.create', {
    onSuccess: async (reply) => {
      queries.setQueryData(['console.session.get', {}], reply);
      const path = returnPath(to, window.location.origin);
      if (path) router.history.replace(path);
      else await navigate({ to: '/apps', replace: true });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setShown(true);
    if (name.trim() !== '' && password !== '') signIn.mutate({ name: name.trim(), password });
  };
  return (
    <Door title={t('signIn.title')} lead={to ? t('signIn.again') : undefined}>
      <form className="form" onSubmit={submit} noValidate>
        <Field
          label={t('signIn.name')}
          error={shown && name.trim() === '' ? t('signIn.wrong.name') : undefined}
        >
          {(ties) => (
            <TextInput ties={ties} value={name} onChange={setName} autoComplete="username" autoFocus />
          )}
        </Field>
        <Field
          label={t('signIn.password')}
          error={shown && password === '' ? t('signIn.wrong.password') : undefined}
        >
          {(ties) => (
            <TextInput
              ties={ties}
              type="password"
              value={password}
              onChange={setPassword}
              autoComplete="current-password"
            />
          )}
        </Field>
        <Problem error={signIn.error} />
        <Button type="submit" size="large" block loading={signIn.isPending}>
          {t('signIn.submit')}
        </Button>
      </form>
    </Door>
  );
}
