import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

const INTRODUCTION = 'A shop, 商城';

/** A name that only this visitor's language uses, as both share the server. */
export function appName(v, suffix = '') {
  return v.language === 'zh-CN' ? `商城-测试${suffix}` : `Shop-test${suffix}`;
}

/** Makes an app without the pages, to have many of them soon. */
async function createApp(v, name) {
  const reply = await v.page.request.post('/api/console.app.create', {
    headers: { 'X-Feihong-Console': '1' },
    data: { name, type: 'game', introduction: '' },
  });
  assert.equal(reply.status(), 200);
}

/** Opens the app of `name` from the list. */
export async function openApp(v, name = appName(v)) {
  await v.go(`/apps?search=${encodeURIComponent(name)}&sort=name`);
  await v.page.getByRole('link', { name, exact: true }).click();
  await v.heading(name).waitFor();
}

function shownNames(v) {
  return v.page.locator('tbody td:nth-child(2)').allInnerTexts();
}

/** The list of apps and making one. */
export const apps = {
  async 'an app is made with the keyboard alone'(v) {
    const name = appName(v);
    await v.go('/apps');
    await v.link('create.title').focus();
    await v.page.keyboard.press('Enter');
    await v.page.waitForURL('**/apps/new');
    await v.heading(v.t('create.title')).waitFor();
    await v.inspect('create');
    await v.page.keyboard.press('Escape');
    await v.page.waitForURL('**/apps');

    await v.link('create.title').focus();
    await v.page.keyboard.press('Enter');
    await v.heading(v.t('create.title')).waitFor();
    await v.page.keyboard.press('Enter');
    await v.sees(v.t('appForm.wrong.nameMissing'));
    await v.sees(v.t('appForm.wrong.type'));
    await v.page.keyboard.type(name);
    await v.page.keyboard.press('Tab');
    await v.page.keyboard.press('ArrowDown');
    await v.page.keyboard.press('Tab');
    await v.page.keyboard.type(INTRODUCTION);
    await v.page.keyboard.press('Tab');
    await v.page.keyboard.press('Tab');
    await v.page.keyboard.press('Enter');
    await v.heading(v.t('create.made')).waitFor();
    await v.inspect('created');
    await v.page.keyboard.press('Escape');
    await v.page.waitForURL('**/apps');
    await v.page.getByRole('link', { name, exact: true }).waitFor();
    assert.match(await v.page.locator('tbody').innerText(), /14\d{8}/);
    await v.sees(v.t('edition.trial'));
    await v.sees(v.t('apps.forEver'));
  },

  async 'the limits of a trial app show on focus'(v) {
    await v.go('/apps');
    const sign = v.page
      .getByRole('button', { name: v.t('quota.title', { edition: v.t('edition.trial') }) })
      .first();
    await sign.focus();
    const tip = v.page.locator('.t-popup .quota');
    await tip.waitFor();
    const numbers = (await tip.textContent()).match(/\d+/g);
    assert.deepEqual(numbers, ['100', '10', '20', '50', '20']);
    await v.shoot('quota');
    await v.page.keyboard.press('Escape');
    await tip.waitFor({ state: 'detached' });
  },

  async 'filter, order and page live in the address'(v) {
    for (let count = 1; count <= 10; count += 1) await createApp(v, appName(v, `-${count}`));
    const word = appName(v);
    await v.go('/apps');
    await v.field(v.t('apps.search')).fill(word);
    await v.page.keyboard.press('Enter');
    await v.page.waitForURL(/search=/);
    await v.sees(v.t('part.total', { count: 11 }));
    await v.sees(v.t('part.page', { page: 1, pages: 2 }));
    await v.button('part.nextPage').click();
    await v.page.waitForURL(/page=2/);
    await v.sees(v.t('part.page', { page: 2, pages: 2 }));
    await v.page.locator('tbody tr').nth(1).waitFor({ state: 'detached' });

    await v.page.getByTitle(v.t('part.sortBy', { title: v.t('apps.column.name') })).focus();
    await v.page.keyboard.press('Enter');
    await v.page.waitForURL(/sort=name/);
    await v.sees(v.t('part.page', { page: 1, pages: 2 }));
    await v.page.locator('.table-frame[aria-busy="false"]').waitFor();
    const ascending = await shownNames(v);
    assert.equal(ascending[0], word);
    await v.inspect('apps');

    await v.page.reload();
    assert.equal(await v.field(v.t('apps.search')).inputValue(), word);
    await v.page.getByRole('link', { name: word, exact: true }).waitFor();
    await v.page.locator('.table-frame[aria-busy="false"]').waitFor();
    assert.deepEqual(await shownNames(v), ascending);

    await v.page.getByLabel(v.t('apps.column.state')).selectOption('stopped');
    await v.page.waitForURL(/state=stopped/);
    await v.sees(v.t('apps.nothing'));
    await v.inspect('apps-nothing');
    await v.page.goBack();
    await v.page.getByRole('link', { name: word, exact: true }).waitFor();
    await v.button('apps.clear').click();
    await v.page.waitForURL((address) => !address.search.includes('search='));
  },

  async 'what the filter finds can be taken away'(v) {
    const word = appName(v);
    await v.go(`/apps?search=${encodeURIComponent(word)}`);
    const [saved] = await Promise.all([v.page.waitForEvent('download'), v.button('apps.export').click()]);
    const lines = (await readFile(await saved.path(), 'utf8')).trim().split('\r\n');
    assert.equal(lines.length, 12);
    assert.ok(lines.some((line) => line.includes(`,${word},`)));
  },
};
