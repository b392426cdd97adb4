import {
  APP_SORTS,
  APP_STATES,
  type AppFilter,
  type AppSort,
  type AppState,
  EDITIONS,
  type Edition,
  PAGE_SIZES,
  type PageSize,
} from '../../api/types';

/** The list's filter as the address keeps it: only what differs from the usual. */
export interface AppSearch {
  search?: string;
  state?: AppState;
  edition?: Edition;
  sort?: AppSort;
  descending?: boolean;
  page?: number;
  pageSize?: PageSize;
}

/** Reads an address; what it cannot understand it leaves out. */
export function readFilter(raw: Record<string, unknown>): AppSearch {
  const search = raw.search === undefined ? '' : String(raw.search).trim();
  const state = APP_STATES.find((value) => value === raw.state);
  const edition = EDITIONS.find((value) => value === raw.edition);
  const sort = APP_SORTS.find((value) => value === raw.sort);
  const page = Math.floor(Number(raw.page));
  const pageSize = PAGE_SIZES.find((value) => value === Number(raw.pageSize));
  const descending = String(raw.descending);
  return {
    ...(search ? { search } : {}),
    ...(state ? { state } : {}),
    ...(edition ? { edition } : {}),
    ...(sort && sort !== 'created' ? { sort } : {}),
    ...(descending === 'true' && sort && sort !== 'created' ? { descending: true } : {}),
    ...(descending === 'false' && (!sort || sort === 'created') ? { descending: false } : {}),
    ...(page > 1 ? { page } : {}),
    ...(pageSize && pageSize !== 10 ? { pageSize } : {}),
  };
}

/** The question to the server: newest first unless the address says otherwise. */
export function toFilter(search: AppSearch): AppFilter {
  const sort = search.sort ?? 'created';
  return {
    ...(search.search ? { search: search.search } : {}),
    ...(search.state ? { state: search.state } : {}),
    ...(search.edition ? { edition: search.edition } : {}),
    sort,
    descending: search.descending ?? sort === 'created',
    page: search.page ?? 1,
    pageSize: search.pageSize ?? 10,
  };
}

export function isFiltered({ search, state, edition }: AppSearch): boolean {
  return search !== undefined || state !== undefined || edition !== undefined;
}
