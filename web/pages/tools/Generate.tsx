import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from 'tdesign-react';
import { useDoing } from '../../api/hooks';
import type { SignedUserSig } from '../../api/types';
import { CopyButton } from '../../parts/Copy';
import { Field } from '../../parts/Field';
import { dateTime } from '../../parts/format';
import { TextInput } from '../../parts/inputs';
import { Problem } from '../../parts/states';
import { userIdProblem } from '../../parts/userId';
import { DEFAULT_DAYS, MOST_DAYS, toSeconds } from './days';

/** Signs a UserSig with the app's own key. */
export function Generate({ sdkAppId }: { sdkAppId: number }) {
  const { t } = useTranslation();
  const [userId, setUserId] = useState('');
  const [days, setDays] = useState(String(DEFAULT_DAYS));
  const [strict, setStrict] = useState(false);
  const sign = useDoing('console.usersig.sign');
  const problem = userIdProblem(userId.trim());
  const expireSeconds = toSeconds(days);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setStrict(true);
    if (!problem && expireSeconds) sign.mutate({ sdkAppId, userId: userId.trim(), expireSeconds });
  };
  return (
    <section className="card" aria-labelledby="generate">
      <h2 id="generate">{t('tools.generate')}</h2>
      <p className="faint">{t('tools.generateLead')}</p>
      <form className="form" onSubmit={submit} noValidate>
        <Field
          label="UserID"
          hint={t('userId.hint')}
          error={strict && problem ? t(`userId.${problem}`) : undefined}
        >
          {(ties) => <TextInput ties={ties} value={userId} autoComplete="off" onChange={setUserId} />}
        </Field>
        <Field
          label={t('tools.days')}
          error={strict && !expireSeconds ? t('tools.daysWrong', { count: MOST_DAYS }) : undefined}
        >
          {(ties) => <TextInput ties={ties} value={days} autoComplete="off" onChange={setDays} />}
        </Field>
        <Problem error={sign.error} />
        <div className="actions">
          <Button type="submit" loading={sign.isPending}>
            {t('tools.generateVerb')}
          </Button>
        </div>
      </form>
      <div aria-live="polite">
        {sign.data && <Signed signed={sign.data} userId={sign.variables.userId} />}
      </div>
    </section>
  );
}

function Signed({ signed, userId }: { signed: SignedUserSig; userId: string }) {
  const { t } = useTranslation();
  return (
    <div className="result">
      <dl className="rows">
        <dt>UserID</dt>
        <dd>{userId}</dd>
        <dt>{t('tools.issued')}</dt>
        <dd>{dateTime(signed.issuedAt)}</dd>
        <dt>{t('tools.expires')}</dt>
        <dd>{dateTime(signed.expiresAt)}</dd>
        <dt>UserSig</dt>
        <dd>
          <code className="key" data-testid="usersig">
            {signed.userSig}
          </code>
          <CopyButton text={signed.userSig} />
        </dd>
      </dl>
    </div>
  );
}
