import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { AddIcon, DeleteIcon } from 'tdesign-icons-react';
import { Button } from 'tdesign-react';
import { useDoing } from '../../api/hooks';
import type { App } from '../../api/types';
import { Field } from '../../parts/Field';
import { TextInput } from '../../parts/inputs';
import { Confirm } from '../../parts/Modal';
import { Note, Problem } from '../../parts/states';
import { userIdProblem } from '../../parts/userId';
import { useKeepApp } from './useApp';

const MOST_ADMINISTRATORS = 10;

/** 帐号管理员: the users whose UserSig may call the REST API. */
export function Administrators({ app }: { app: App }) {
  const { t } = useTranslation();
  const [leaving, setLeaving] = useState<string>();
  const full = app.administrators.length >= MOST_ADMINISTRATORS;
  return (
    <div className="stack">
      <p className="faint">{t('accounts.administratorsHint')}</p>
      {app.administrators.length === 0 && <Note tone="info">{t('accounts.none')}</Note>}
      {app.administrators.length > 0 && (
        <ul className="members">
          {app.administrators.map((userId) => (
            <li key={userId}>
              <span className="member-name">{userId}</span>
              <Button
                variant="text"
                size="small"
                shape="square"
                tag="button"
                disabled={app.administrators.length === 1}
                title={app.administrators.length === 1 ? t('accounts.last') : t('part.remove')}
                aria-label={t('accounts.remove', { userId })}
                icon={<DeleteIcon aria-hidden />}
                onClick={() => setLeaving(userId)}
              />
            </li>
          ))}
        </ul>
      )}
      {full ? (
        <p className="faint">{t('accounts.full', { count: MOST_ADMINISTRATORS })}</p>
      ) : (
        <AddAdministrator app={app} />
      )}
      {leaving !== undefined && (
        <RemoveAdministrator app={app} userId={leaving} onClose={() => setLeaving(undefined)} />
      )}
    </div>
  );
}

function AddAdministrator({ app }: { app: App }) {
  const { t } = useTranslation();
  const keep = useKeepApp();
  const [userId, setUserId] = useState('');
  const [strict, setStrict] = useState(false);
  const add = useDoing('console.administrator.add', {
    onSuccess: (changed) => {
      keep(changed);
      setUserId('');
      setStrict(false);
    },
  });
  const taken = app.administrators.includes(userId.trim());
  const problem = taken ? 'taken' : userIdProblem(userId.trim());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setStrict(true);
    if (!problem) add.mutate({ sdkAppId: app.sdkAppId, userId: userId.trim() });
  };
  return (
    <form className="inline-form" onSubmit={submit} noValidate>
      <Field
        label={t('accounts.add')}
        hint={t('userId.hint')}
        error={strict && problem ? t(`userId.${problem}`) : undefined}
      >
        {(ties) => <TextInput ties={ties} value={userId} autoComplete="off" onChange={setUserId} />}
      </Field>
      <Button
        type="submit"
        variant="outline"
        theme="primary"
        icon={<AddIcon aria-hidden />}
        loading={add.isPending}
      >
        {t('accounts.addVerb')}
      </Button>
      <Problem error={add.error} />
    </form>
  );
}

interface RemoveProps {
  app: App;
  userId: string;
  onClose(): void;
}

function RemoveAdministrator({ app, userId, onClose }: RemoveProps) {
  const { t } = useTranslation();
  const keep = useKeepApp();
  const remove = useDoing('console.administrator.remove', {
    onSuccess: (changed) => {
      keep(changed);
      onClose();
    },
  });
  return (
    <Confirm
      title={t('accounts.removeTitle', { userId })}
      verb={t('part.remove')}
      busy={remove.isPending}
      onConfirm={() => remove.mutate({ sdkAppId: app.sdkAppId, userId })}
      onClose={onClose}
    >
      <p>{t('accounts.removeLead', { userId })}</p>
      <Problem error={remove.error} />
    </Confirm>
  );
}
