import { useTranslation } from 'react-i18next';
import { ChevronLeftIcon, ChevronRightIcon } from 'tdesign-icons-react';
import { Button } from 'tdesign-react';
import { PAGE_SIZES, type PageSize } from '../api/types';

interface PagerProps {
  page: number;
  pageSize: PageSize;
  total: number;
  onChange(page: number, pageSize: PageSize): void;
}

/** Steps through a long list. */
export function Pager({ page, pageSize, total, onChange }: PagerProps) {
  const { t } = useTranslation();
  const pages = Math.max(1, Math.ceil(total / pageSize));
  return (
    <nav className="pager" aria-label={t('part.pages')}>
      <span>{t('part.total', { count: total })}</span>
      <select
        className="choice"
        aria-label={t('part.pageSize')}
        value={pageSize}
        onChange={(event) => {
          const chosen = PAGE_SIZES.find((size) => String(size) === event.target.value);
          if (chosen) onChange(1, chosen);
        }}
      >
        {PAGE_SIZES.map((size) => (
          <option key={size} value={size}>
            {t('part.perPage', { size })}
          </option>
        ))}
      </select>
      <Button
        variant="outline"
        theme="default"
        shape="square"
        aria-label={t('part.previousPage')}
        icon={<ChevronLeftIcon aria-hidden />}
        disabled={page <= 1}
        tag="button"
        onClick={() => onChange(page - 1, pageSize)}
      />
      <span aria-current="page">{t('part.page', { page, pages })}</span>
      <Button
        variant="outline"
        theme="default"
        shape="square"
        aria-label={t('part.nextPage')}
        icon={<ChevronRightIcon aria-hidden />}
        disabled={page >= pages}
        tag="button"
        onClick={() => onChange(page + 1, pageSize)}
      />
    </nav>
  );
}
