import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EditIcon } from 'tdesign-icons-react';
import { Button } from 'tdesign-react';
import { useDoing } from '../../api/hooks';
import type { App } from '../../api/types';
import { CopyButton } from '../../parts/Copy';
import { dateTime } from '../../parts/format';
import { Note, Problem } from '../../parts/states';
import { AppFields } from '../apps/AppFields';
import { type AppForm, draft } from '../apps/form';
import { useKeepApp } from './useApp';

/** 应用信息: read, or written after 编辑. */
export function Information({ app }: { app: App }) {
  const { t } = useTranslation();
  const [state, setState] = useState<'shown' | 'editing' | 'saved'>('shown');
  return (
    <section className="card" aria-labelledby="information">
      <header className="card-head">
        <h2 id="information">{t('information.title')}</h2>
        {state !== 'editing' && (
          <Button
            variant="text"
            theme="primary"
            icon={<EditIcon aria-hidden />}
            onClick={() => setState('editing')}
          >
            {t('part.edit')}
          </Button>
        )}
      </header>
      {state === 'saved' && <Note tone="success">{t('part.saved')}</Note>}
      {state === 'editing' ? (
        <Editor app={app} onSaved={() => setState('saved')} onCancel={() => setState('shown')} />
      ) : (
        <Rows app={app} />
      )}
    </section>
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
  const { t } = useTranslation();
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
      <footer className="actions">
        <Button type="submit" loading={update.isPending}>
          {t('part.save')}
        </Button>
        <Button theme="default" variant="outline" onClick={onCancel}>
          {t('part.cancel')}
        </Button>
      </footer>
    </form>
  );
}
