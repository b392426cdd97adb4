import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from 'tdesign-react';
import { useDoing } from '../../api/hooks';
import type { App } from '../../api/types';
import { CopyButton } from '../../parts/Copy';
import { LinkButton } from '../../parts/links';
import { Modal } from '../../parts/Modal';
import { Note, Problem } from '../../parts/states';
import { AppFields } from './AppFields';
import { type AppForm, draft } from './form';

/** The dialog at `/apps/new`, over the list; going back closes it. */
export function CreateApp() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const search = useSearch({ from: '/shell/apps' });
  const [made, setMade] = useState<App>();
  const close = () => void navigate({ to: '/apps', search });
  return (
    <Modal title={made ? t('create.made') : t('create.title')} onClose={close}>
      {made ? <Made app={made} /> : <CreateForm onMade={setMade} onClose={close} />}
    </Modal>
  );
}

function CreateForm({ onMade, onClose }: { onMade(app: App): void; onClose(): void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form, setForm] = useState<AppForm>({ name: '', type: '', introduction: '' });
  const [strict, setStrict] = useState(false);
  const create = useDoing('console.app.create', {
    onSuccess: (app) => {
      void queries.invalidateQueries({ queryKey: ['console.app.list'] });
      queries.setQueryData(['console.app.get', { sdkAppId: app.sdkAppId }], app);
      onMade(app);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setStrict(true);
    const ready = draft(form);
    if (ready) create.mutate(ready);
  };
  return (
    <form className="form" onSubmit={submit} noValidate>
      <AppFields form={form} strict={strict} onChange={setForm} />
      <Problem error={create.error} />
      <footer className="actions actions-end">
        <Button theme="default" variant="outline" onClick={onClose}>
          {t('part.cancel')}
        </Button>
        <Button type="submit" loading={create.isPending}>
          {t('create.submit')}
        </Button>
      </footer>
    </form>
  );
}

function Made({ app }: { app: App }) {
  const { t } = useTranslation();
  const params = { sdkAppId: app.sdkAppId };
  return (
    <div className="form">
      <Note tone="success">{t('create.madeLead', { name: app.name })}</Note>
      <dl className="rows">
        <dt>SDKAppID</dt>
        <dd className="with-action">
          <code>{app.sdkAppId}</code> <CopyButton text={String(app.sdkAppId)} />
        </dd>
      </dl>
      <footer className="actions actions-end">
        <LinkButton look="outline" to="/apps/$sdkAppId" params={params}>
          {t('apps.configure')}
        </LinkButton>
        <LinkButton to="/apps/$sdkAppId/try" params={params}>
          {t('create.tryNow')}
        </LinkButton>
      </footer>
    </div>
  );
}
