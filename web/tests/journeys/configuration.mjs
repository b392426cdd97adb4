import assert from 'node:assert/strict';
import { openApp } from './apps.mjs';

async function addAdministrator(v, userId) {
  await v.field(v.t('accounts.add')).fill(userId);
  await v.page.keyboard.press('Enter');
  await v.button('accounts.remove', { userId }).waitFor();
}

async function copied(v) {
  return v.page.evaluate(() => navigator.clipboard.readText());
}

/** An app's own page and its tools. */
export const configuration = {
  async 'the information of an app is read and changed'(v) {
    await openApp(v);
    const card = v.region(v.t('information.title'));
    await card.getByText('A shop, 商城').waitFor();
    await v.button('part.edit').click();
    await v.inspect('edit');
    await v.page.locator('textarea').fill('');
    await v.page.getByLabel(v.t('appForm.type')).selectOption('commerce');
    await v.button('part.save').click();
    await v.sees(v.t('part.saved'));
    await card.getByText(v.t('appType.commerce')).waitFor();
    await card.getByText(v.t('information.none')).waitFor();
    await v.page.reload();
    await card.getByText(v.t('appType.commerce')).waitFor();
  },

  async 'administrators come and go, and going asks first'(v) {
    await openApp(v);
    await v.field(v.t('accounts.add')).fill('@TGS#group');
    await v.page.keyboard.press('Enter');
    await v.sees(v.t('userId.reserved'));
    const first = v.page.getByRole('button', { name: v.t('accounts.remove', { userId: 'administrator' }) });
    if ((await first.count()) === 0) await addAdministrator(v, 'administrator');
    await addAdministrator(v, 'helper');
    await v.button('accounts.remove', { userId: 'helper' }).click();
    await v.heading(v.t('accounts.removeTitle', { userId: 'helper' })).waitFor();
    await v.inspect('remove-administrator');
    await v.page.keyboard.press('Escape');
    await v.button('accounts.remove', { userId: 'helper' }).click();
    await v.page
      .getByRole('dialog')
      .getByRole('button', { name: v.t('part.remove'), exact: true })
      .click();
    await v.button('accounts.remove', { userId: 'helper' }).waitFor({ state: 'detached' });
    assert.ok(await first.isDisabled(), 'the last administrator cannot be removed');
  },

  async 'the key shows on demand, is copied, and hides'(v) {
    await openApp(v);
    assert.equal(await v.page.getByTestId('key').count(), 0);
    await v.button('key.show').click();
    const key = await v.page.getByTestId('key').innerText();
    assert.match(key, /^[0-9a-f]{64}$/);
    await v.button('key.copy').click();
    await v.button('part.copied').waitFor();
    assert.equal(await copied(v), key);
    await v.inspect('basics');
    await v.button('key.hide').click();
    await v.page.getByTestId('key').waitFor({ state: 'detached' });
  },

  async 'a UserSig is signed and verified'(v) {
    await openApp(v);
    await v.page
      .getByRole('navigation', { name: v.t('app.tabs') })
      .getByText(v.t('tools.title'))
      .click();
    await v.page.waitForURL('**/tools');
    const generate = v.region(v.t('tools.generate'));
    await generate.getByRole('button', { name: v.t('tools.generateVerb') }).click();
    await generate.getByText(v.t('userId.missing')).waitFor();
    await generate.getByLabel('UserID', { exact: true }).fill('alice');
    await v.page.keyboard.press('Enter');
    const userSig = await v.page.getByTestId('usersig').innerText();
    assert.ok(userSig.length > 40, userSig);

    const verify = v.region(v.t('tools.verify'));
    await verify.getByLabel('UserID', { exact: true }).fill('alice');
    await verify.getByLabel('UserSig', { exact: true }).fill(userSig);
    await verify.getByRole('button', { name: v.t('tools.verifyVerb') }).click();
    await verify.getByText(v.t('tools.valid')).waitFor();
    await v.inspect('tools');
    await verify.getByLabel('UserID', { exact: true }).fill('mallory');
    await verify.getByRole('button', { name: v.t('tools.verifyVerb') }).click();
    await verify.getByText(v.t('remedy.otherUser')).waitFor();
    await verify.getByLabel('UserSig', { exact: true }).fill(userSig.slice(0, 30));
    await verify.getByRole('button', { name: v.t('tools.verifyVerb') }).click();
    await verify.getByText(v.t('remedy.damaged')).waitFor();
    await v.inspect('tools-refused');
  },
};
