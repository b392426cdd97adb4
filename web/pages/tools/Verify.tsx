import type { TFunction } from 'i18next';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from 'tdesign-react';
import { useDoing } from '../../api/hooks';
import type { UserSigReport } from '../../api/types';
import { Field } from '../../parts/Field';
import { dateTime } from '../../parts/format';
import { TextArea, TextInput } from '../../parts/inputs';
import { Problem } from '../../parts/states';
import { userIdProblem } from '../../parts/userId';
import { remedyFor } from './remedy';

/** Checks a UserSig as a sign-in would, and says what is wrong with it. */
export function Verify({ sdkAppId }: { sdkAppId: number }) {
  const { t } = useTranslation();
  const [userId, setUserId] = useState('');
  const [userSig, setUserSig] = useState('');
  const [strict, setStrict] = useState(false);
  const verify = useDoing('console.usersig.verify');
  const problem = userIdProblem(userId.trim());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setStrict(true);
    if (problem || userSig.trim() === '') return;
    verify.mutate({ sdkAppId, userId: userId.trim(), userSig: userSig.trim() });
  };
  return (
    <section className="card" aria-labelledby="verify">
      <h2 id="verify">{t('tools.verify')}</h2>
      <p className="faint">{t('tools.verifyLead')}</p>
      <form className="form" onSubmit={submit} noValidate>
        <Field label="UserID" error={strict && problem ? t(`userId.${problem}`) : undefined}>
          {(ties) => <TextInput ties={ties} value={userId} autoComplete="off" onChange={setUserId} />}
        </Field>
        <Field
          label="UserSig"
          error={strict && userSig.trim() === '' ? t('tools.userSigMissing') : undefined}
        >
          {(ties) => <TextArea ties={ties} value={userSig} rows={5} onChange={setUserSig} />}
        </Field>
        <Problem error={verify.error} />
        <div className="actions">
          <Button type="submit" loading={verify.isPending}>
            {t('tools.verifyVerb')}
          </Button>
        </div>
      </form>
      <div aria-live="polite">{verify.data && <Report report={verify.data} />}</div>
    </section>
  );
}

function Report({ report }: { report: UserSigReport }) {
  const { t } = useTranslation();
  const remedy = remedyFor(report.code);
  return (
    <div className="result">
      <div className={`note ${report.valid ? 'note-success' : 'note-error'}`}>
        <span>
          {report.valid && t('tools.valid')}
          {!report.valid &&
            (remedy ? t(`remedy.${remedy}`) : t('tools.invalid', { message: report.message }))}
          {!report.valid && report.code !== undefined && ` (${report.code})`}
        </span>
      </div>
      <dl className="rows">
        {report.sdkAppId !== undefined && <Row name="SDKAppID" value={String(report.sdkAppId)} />}
        {report.identifier !== undefined && <Row name="UserID" value={report.identifier} />}
        {report.issuedAt !== undefined && <Row name={t('tools.issued')} value={dateTime(report.issuedAt)} />}
        {report.issuedAt !== undefined && report.expiresAt !== undefined && (
          <Row name={t('tools.validity')} value={span(t, report.expiresAt - report.issuedAt)} />
        )}
        {report.expiresAt !== undefined && (
          <Row name={t('tools.expires')} value={dateTime(report.expiresAt)} />
        )}
        {report.generation && (
          <Row name={t('tools.generation')} value={t(`generation.${report.generation}`)} />
        )}
        {report.userbuf && <Row name="userbuf" value={report.userbuf} />}
      </dl>
    </div>
  );
}

/** A span of milliseconds in days where it is whole days, else in seconds. */
function span(t: TFunction, milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const whole = seconds > 0 && seconds % 86_400 === 0;
  return whole ? t('tools.wholeDays', { count: seconds / 86_400 }) : t('tools.seconds', { count: seconds });
}

function Row({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}
