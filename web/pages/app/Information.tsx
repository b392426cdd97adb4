import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useDoing } from '../../api/hooks';
import type { App } from '../../api/types';
import { CopyButton } from '../../parts/Copy';
import { EditActions, EditCard } from '../../parts/EditCard';
import { dateTime } from '../../parts/format';
import { Problem } from '../../parts/states';
import { AppFields } from '../apps/AppFields';
import { type AppForm, draft } from '../apps/form';
import { useKeepApp } from './useApp';

/** 应用信息: read, or written after 编辑. */
export function Information({ app }: { app: App }) {
  const { t } = useTranslation();
  return (
    <EditCard
      id="information"
      title={t('information.title')}
      editor={(ends) => <Editor app={app} {...ends} />}
    >
      <Rows app={app} />
    </EditCard>
  );
}

function Rows({ app }: { app: App }) {
  const { t } = useTranslation();
  return (
    <dl className="rows">
      <dt>SDKAppID</dt>
      <dd className="with-action">
        <code>{app.sdkAppId}</code> <CopyButton text={String(app.sdkAppId)} />
      </dd>
      <dt>{t('appForm.name')}</dt>
      <dd>{app.name}</dd>
      <dt>{t('appForm.type')}</dt>
      <dd>{t(`appType.${app.type}`)}</dd>
      <dt>{t('appForm.introduction')}</dt>
      <dd className="prose">{app.introduction || <span className="faint">{t('information.none')}</span>}</dd>
      {app.onlineUsers !== undefined && (
        <>
          <dt>{t('information.online')}</dt>
          <dd>{app.onlineUsers}</dd>
        </>
      )}
      <dt>{t('apps.column.created')}</dt>
      <dd>{dateTime(app.createdAt)}</dd>
      <dt>{t('information.updated')}</dt>
      <dd>{dateTime(app.updatedAt)}</dd>
    </dl>
  );
}

interface EditorProps {
  app: App;
  onSaved(): void;
  onCancel(): void;
}

function Editor({ app, onSaved, onCancel }: EditorProps) {
  const keep = useKeepApp();
  const [form, setForm] = useState<AppForm>({
    name: app.name,
    type: app.type,
    introduction: app.introduction,
  });
  const update = useDoing('console.app.update', {
    onSuccess: (changed) => {
      keep(changed);
      onSaved();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const ready = draft(form);
    if (ready) update.mutate({ sdkAppId: app.sdkAppId, ...ready });
  };
  return (
    <form className="form form-narrow" onSubmit={submit} noValidate>
      <AppFields form={form} strict onChange={setForm} />
      <Problem error={update.error} />
      <EditActions busy={update.isPending} onCancel={onCancel} />
    </form>
  );
}
