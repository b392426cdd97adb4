import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { openApp } from './apps.mjs';

function pane(v, user) {
  return v.region(v.t('tryIt.pane', { user }));
}

async function online(v, ...users) {
  for (const user of users) await pane(v, user).getByText(v.t('phase.online'), { exact: true }).waitFor();
}

async function write(v, from, to, words) {
  await pane(v, from)
    .getByLabel(v.t('tryIt.write', { me: from, peer: to }))
    .fill(words);
  await v.page.keyboard.press('Enter');
}

/** Messages between panes over the real socket. */
export const trying = {
  async 'two panes exchange messages'(v) {
    await openApp(v);
    await v.page
      .getByRole('navigation', { name: v.t('app.tabs') })
      .getByText(v.t('tryIt.title'))
      .click();
    await v.page.waitForURL('**/try');
    await online(v, 'alice', 'bob');
    await v.sees(v.t('tryIt.empty', { peer: 'bob' }));
    await v.inspect('try-empty');
    await write(v, 'alice', 'bob', '你好, bob');
    await pane(v, 'bob').getByText('你好, bob').waitFor();
    await pane(v, 'alice').getByText(v.t('delivery.sent')).waitFor();
    await pane(v, 'bob').locator('.badge').waitFor();
    await v.shoot('try-unread');
    await write(v, 'bob', 'alice', 'hello, alice <b>&amp;');
    await pane(v, 'bob').locator('.badge').waitFor({ state: 'detached' });
    await pane(v, 'alice').getByText('hello, alice <b>&amp;').waitFor();
    await pane(v, 'alice').getByText(v.t('delivery.read'), { exact: true }).waitFor();
    for (let count = 1; count <= 20; count += 1) await write(v, 'alice', 'bob', `no. ${count}`);
    await pane(v, 'bob').getByText('no. 20', { exact: true }).waitFor();
    const texts = await pane(v, 'bob').locator('.is-theirs .bubble-text').allInnerTexts();
    assert.deepEqual(
      texts.slice(-20),
      Array.from({ length: 20 }, (_, index) => `no. ${index + 1}`),
    );
    await v.inspect('try');
  },

  async 'messages are still there after a reload'(v) {
    await openApp(v);
    await v.go(`${new URL(v.page.url()).pathname}/try`);
    await online(v, 'alice', 'bob');
    await pane(v, 'bob').getByText('no. 20', { exact: true }).waitFor();
    await pane(v, 'alice').getByText('no. 20', { exact: true }).waitFor();
  },

  async 'a third pane joins, is renamed, and leaves'(v) {
    await v.button('tryIt.addPane').click();
    await online(v, 'carol');
    await v.page.waitForURL(/users=alice.*carol/);
    const name = pane(v, 'carol').getByLabel(v.t('tryIt.user'));
    await name.fill('bob');
    await pane(v, 'carol').getByText(v.t('userId.taken')).waitFor();
    await name.fill('dora');
    await v.page.keyboard.press('Enter');
    await online(v, 'dora');
    await pane(v, 'dora').getByRole('button', { name: 'bob', exact: true }).click();
    await write(v, 'dora', 'bob', 'dora was here');
    await pane(v, 'bob').getByRole('button', { name: /^dora/ }).click();
    await pane(v, 'bob').getByText('dora was here').waitFor();
    await v.inspect('try-three');
    await v.page.reload();
    await online(v, 'alice', 'bob', 'dora');
    await v.button('tryIt.removePane', { user: 'dora' }).click();
    await pane(v, 'dora').waitFor({ state: 'detached' });
  },

  async 'the command line recipe works as it stands'(v) {
    const command = await v.region(v.t('recipe.curl')).locator('pre').innerText();
    const { stdout } = await promisify(execFile)('bash', ['-c', command]);
    assert.equal(JSON.parse(stdout).ErrorCode, 0, stdout);
    await pane(v, 'bob')
      .getByRole('button', { name: /^administrator/ })
      .click();
    await pane(v, 'bob').getByText(v.t('recipe.helloCurl')).waitFor();
  },
};
