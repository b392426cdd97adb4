import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Outlet, useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { reading } from '../../api/hooks';
import type { App, AppFilter, AppSort } from '../../api/types';
import { DataTable } from '../../parts/DataTable';
import { LinkButton } from '../../parts/links';
import { PageHead } from '../../parts/PageHead';
import { Pager } from '../../parts/Pager';
import { Empty, Problem, Waiting } from '../../parts/states';
import { useColumns } from './columns';
import { Export } from './Export';
import { Filters } from './Filters';
import { type AppSearch, isFiltered, readFilter, toFilter } from './filter';

/** All apps of the platform. The filter is the address. */
export function AppList() {
  const { t } = useTranslation();
  const search = useSearch({ from: '/shell/apps' });
  const navigate = useNavigate();
  const filter = toFilter(search);
  const list = useQuery({ ...reading('console.app.list', filter), placeholderData: keepPreviousData });
  const go = (change: AppSearch) =>
    void navigate({ to: '/apps', search: readFilter({ ...search, page: undefined, ...change }) });
  const bare = list.data?.total === 0 && !isFiltered(search) && !list.isPlaceholderData;
  return (
    <>
      <PageHead title={t('apps.title')} lead={t('apps.lead')}>
        {list.data && list.data.total > 0 && <Export filter={filter} />}
        <LinkButton to="/apps/new" search={search}>
          {t('create.title')}
        </LinkButton>
      </PageHead>
      <section className="card" aria-label={t('apps.title')}>
        {!bare && <Filters search={search} onChange={go} />}
        <Problem error={list.error} onRetry={() => list.refetch()} />
        {list.isPending && <Waiting />}
        {bare && (
          <Empty title={t('apps.none')}>
            <p>{t('apps.noneLead')}</p>
            <LinkButton to="/apps/new" search={search}>
              {t('apps.first')}
            </LinkButton>
          </Empty>
        )}
        {list.data && !bare && (
          <Results filter={filter} answer={list.data} stale={list.isPlaceholderData} onChange={go} />
        )}
      </section>
      <Outlet />
    </>
  );
}

interface ResultsProps {
  filter: AppFilter;
  answer: { apps: App[]; total: number };
  stale: boolean;
  onChange(change: AppSearch): void;
}

function Results({ filter, answer, stale, onChange }: ResultsProps) {
  const { t } = useTranslation();
  const columns = useColumns();
  if (answer.apps.length === 0) {
    return (
      <Empty title={t('apps.nothing')}>
        <p>{t('apps.nothingLead')}</p>
        <LinkButton look="outline" to="/apps">
          {t('apps.clear')}
        </LinkButton>
      </Empty>
    );
  }
  return (
    <>
      <DataTable<App, AppSort>
        caption={t('apps.title')}
        columns={columns}
        rows={answer.apps}
        rowKey={(app) => app.sdkAppId}
        sort={filter.sort ?? 'created'}
        descending={filter.descending ?? false}
        onSort={(sort, descending) => onChange({ sort, descending })}
        stale={stale}
      />
      <Pager
        page={filter.page}
        pageSize={filter.pageSize}
        total={answer.total}
        onChange={(page, pageSize) => onChange({ page, pageSize })}
      />
    </>
  );
}
