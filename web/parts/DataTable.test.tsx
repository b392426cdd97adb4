import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import en from '../locales/en-US.json';
import { type Column, DataTable } from './DataTable';
import { Field } from './Field';
import { TextInput } from './inputs';

interface Bird {
  name: string;
  size: number;
}

const columns: readonly Column<Bird, 'name' | 'size'>[] = [
  { key: 'name', title: 'Name', sort: 'name', cell: ({ name }) => name },
  { key: 'size', title: 'Size', sort: 'size', cell: ({ size }) => size },
  { key: 'note', title: 'Note', cell: () => '' },
];

beforeAll(async () => {
  await i18next.use(initReactI18next).init({ lng: 'en-US', resources: { 'en-US': { translation: en } } });
});
afterEach(cleanup);

function show(sort: 'name' | 'size', descending: boolean) {
  const onSort = vi.fn();
  render(
    <DataTable
      caption="Birds"
      columns={columns}
      rows={[{ name: 'goose', size: 80 }]}
      rowKey={({ name }) => name}
      sort={sort}
      descending={descending}
      onSort={onSort}
      stale={false}
    />,
  );
  return onSort;
}

it('a table says how it is sorted, and sorts by pressing a title', () => {
  const onSort = show('name', false);
  const heads = within(screen.getByRole('table', { name: 'Birds' })).getAllByRole('columnheader');
  expect(heads.map((head) => head.getAttribute('aria-sort'))).toEqual(['ascending', 'none', null]);
  fireEvent.click(screen.getByRole('button', { name: 'Name' }));
  fireEvent.click(screen.getByRole('button', { name: 'Size' }));
  expect(onSort.mock.calls).toEqual([
    ['name', true],
    ['size', false],
  ]);
});

it('a second press on the sorted title turns the order round', () => {
  const onSort = show('size', true);
  fireEvent.click(screen.getByRole('button', { name: 'Size' }));
  expect(onSort).toHaveBeenCalledWith('size', false);
});

it('a field ties its hint and its error to the control inside', () => {
  render(
    <Field label="Wing" hint="in centimetres" error="too long">
      {(ties) => <TextInput ties={ties} value="" onChange={() => {}} />}
    </Field>,
  );
  const input = screen.getByLabelText('Wing');
  const described = input.getAttribute('aria-describedby')?.split(' ') ?? [];
  expect(described.map((id) => document.getElementById(id)?.textContent)).toEqual([
    'in centimetres',
    'too long',
  ]);
  expect(input.getAttribute('aria-invalid')).toBe('true');
});
