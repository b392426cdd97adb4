import assert from 'node:assert/strict';
import { openApp } from './apps.mjs';

/** Opens the tab of an app, and waits for its cards. */
async function openFeatures(v) {
  await openApp(v);
  await v.link('features.title').click();
  await v.page.waitForURL('**/features');
  await v.heading(v.t('features.card.login')).waitFor();
}

function card(v, key) {
  return v.region(v.t(`features.card.${key}`));
}

async function edit(v, key) {
  await v.button('features.edit', { title: v.t(`features.card.${key}`) }).click();
  return card(v, key);
}

/** What the server holds, in the browser's own session. */
async function stored(v, name) {
  const sdkAppId = Number(/apps\/(\d+)/.exec(v.page.url())[1]);
  const reply = await v.page.request.post('/api/console.settings.get', {
    headers: { 'X-Feihong-Console': '1' },
    data: { sdkAppId },
  });
  const { settings } = await reply.json();
  return settings.find((setting) => setting.name === name).value;
}

/** The tab of features. */
export const features = {
  async 'the rule for devices is chosen with the keyboard'(v) {
    await openFeatures(v);
    await v.inspect('features');
    await v.button('features.edit', { title: v.t('features.card.login') }).focus();
    await v.page.keyboard.press('Enter');
    const dual = v.page.getByRole('radio', { name: v.t('multiDevice.dual') });
    assert.ok(await dual.evaluate((radio) => radio === document.activeElement && radio.checked));
    await v.page.keyboard.press('ArrowDown');
    await v.page.keyboard.press('ArrowDown');
    await v.inspect('features-devices');
    await v.page.keyboard.press('Enter');
    await card(v, 'login').getByText(v.t('part.saved')).waitFor();
    await card(v, 'login').getByText(v.t('multiDevice.multiHint')).waitFor();
    const again = v.button('features.edit', { title: v.t('features.card.login') });
    assert.ok(await again.evaluate((button) => button === document.activeElement), 'the focus comes back');
    assert.equal(await stored(v, 'multi_device'), 'multi');
  },

  async 'messages are configured, mistakes are shown, and cancelling forgets'(v) {
    await openFeatures(v);
    let messages = await edit(v, 'messages');
    await messages.getByLabel(v.t('features.name.recall_seconds'), { exact: true }).fill('9999999');
    await messages.getByRole('switch', { name: v.t('features.name.relation_check') }).press('Space');
    await v.button('part.save').click();
    await messages.getByRole('alert').waitFor();
    await v.inspect('features-messages');
    await v.button('part.cancel').click();
    assert.equal(await stored(v, 'relation_check'), 'false');

    messages = await edit(v, 'messages');
    const recall = messages.getByLabel(v.t('features.name.recall_seconds'), { exact: true });
    assert.equal(await recall.inputValue(), '120');
    await recall.fill('300');
    await messages.getByRole('switch', { name: v.t('features.name.relation_check') }).press('Space');
    await v.page.keyboard.press('Enter');
    await messages.getByText(v.t('part.saved')).waitFor();
    await v.page.reload();
    await messages.getByText('300', { exact: false }).first().waitFor();
    assert.deepEqual([await stored(v, 'recall_seconds'), await stored(v, 'relation_check')], ['300', 'true']);
    await edit(v, 'messages');
    await messages.getByRole('switch', { name: v.t('features.name.relation_check') }).press('Space');
    await v.button('part.save').click();
    await messages.getByText(v.t('part.saved')).waitFor();
  },

  async 'another roaming period is asked about first'(v) {
    await openFeatures(v);
    const roaming = await edit(v, 'roaming');
    const period = roaming.getByLabel(v.t('features.name.roaming_days'), { exact: true });
    await period.selectOption('30');
    await v.button('part.save').click();
    const dialog = v.page.getByRole('dialog');
    await dialog.waitFor();
    await v.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    assert.equal(await stored(v, 'roaming_days'), '7');
    await v.button('part.save').click();
    await v.button('features.roaming.verb').click();
    await roaming.getByText(v.t('part.saved')).waitFor();
    assert.equal(await stored(v, 'roaming_days'), '30');

    await edit(v, 'roaming');
    await period.selectOption('other');
    await roaming.getByLabel(v.t('features.roaming.days'), { exact: true }).fill('3');
    await v.button('part.save').click();
    await dialog.getByText(/30/).first().waitFor();
    await v.inspect('features-roaming');
    await v.button('features.roaming.verb').click();
    await roaming.getByText(v.t('part.saved')).waitFor();
    assert.equal(await stored(v, 'roaming_days'), '3');
  },

  async 'custom fields are added and then keep their name and type'(v) {
    await openFeatures(v);
    const table = v.region(v.t('field.title.profile'));
    await v.button('field.addTitle.profile').click();
    const dialog = v.page.getByRole('dialog');
    await dialog.getByText(v.t('field.first')).waitFor();
    await v.field(v.t('field.name')).fill('Rank1');
    await v.button('field.addVerb').click();
    await v.sees(v.t('field.wrong.letters', { count: 8 }));
    await v.inspect('features-field');
    await v.field(v.t('field.name')).fill('Rank');
    await v.field(v.t('field.column.type')).selectOption('number');
    await v.field(v.t('field.right.clientsWrite')).uncheck();
    await v.button('field.addVerb').click();
    await dialog.waitFor({ state: 'detached' });
    await table.getByText(v.t('fieldType.number')).waitFor();
    assert.equal(await stored(v, 'custom_profile_fields'), 'Rank:number:r:rw');

    await v.button('field.addTitle.profile').click();
    await v.field(v.t('field.name')).fill('Rank');
    await v.page.keyboard.press('Enter');
    await v.sees(v.t('field.wrong.taken'));
    await v.field(v.t('field.name')).fill('Team');
    await v.page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });

    await v.button('field.changeTitle', { name: 'Rank' }).click();
    assert.equal(await dialog.getByRole('textbox').count(), 0);
    assert.equal(await dialog.getByRole('combobox').count(), 0);
    await v.field(v.t('field.right.backendWrite')).uncheck();
    await v.button('part.save').click();
    await v.sees(v.t('field.unusable'));
    await v.field(v.t('field.right.backendWrite')).check();
    await v.field(v.t('field.right.clientsRead')).uncheck();
    await v.button('part.save').click();
    await dialog.waitFor({ state: 'detached' });
    assert.equal(await stored(v, 'custom_profile_fields'), 'Rank:number:-:rw,Team:text:rw:rw');

    await v.button('field.addTitle.friend').click();
    await v.field(v.t('field.name')).fill('Nick');
    await v.page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await v.button('field.addTitle.friend').click();
    await v.field(v.t('field.name')).fill('Age');
    await v.field(v.t('field.column.type')).selectOption('number');
    await v.page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    assert.equal(await stored(v, 'custom_friend_fields'), 'Nick:text,Age:number');
    const friends = v.region(v.t('field.title.friend'));
    await friends.getByRole('row', { name: v.t('fieldType.number') }).waitFor();
    assert.equal(await friends.getByRole('button').count(), 1, 'what was added stays');
    await v.inspect('features-fields');
  },

  async 'fields of groups come to types of groups and stay there'(v) {
    await openFeatures(v);
    const table = v.region(v.t('field.title.group'));
    await v.button('field.addTitle.group').click();
    const dialog = v.page.getByRole('dialog');
    await dialog.getByText(v.t('field.first')).waitFor();
    const name = v.field(v.t('field.name'));
    assert.ok(await name.evaluate((input) => input === document.activeElement));
    await name.fill('1st');
    await v.page.keyboard.press('Enter');
    await v.sees(v.t('groupField.wrong.form', { count: 16 }));
    await v.sees(v.t('groupField.typesMissing'));
    await v.sees(v.t('groupField.knownMissing'));
    await v.inspect('features-group-wrong');
    await name.fill('city');
    const type = (key) => dialog.getByRole('group', { name: v.t(`groupType.${key}`), exact: true });
    await type('Public').getByRole('checkbox').press('Space');
    await type('Private').getByRole('checkbox').check();
    const lowest = (key, right) => type(key).getByLabel(v.t(`groupField.${right}`), { exact: true });
    assert.equal(await lowest('Public', 'read').inputValue(), 'anyone');
    assert.equal(await lowest('Public', 'write').inputValue(), 'admin');
    await lowest('Private', 'read').selectOption('member');
    await lowest('Private', 'write').selectOption('owner');
    await v.field(v.t('groupField.known')).check();
    await v.inspect('features-group');
    await v.button('field.addVerb').click();
    await dialog.waitFor({ state: 'detached' });
    const declared = 'city:Private:member:owner:Public:anyone:admin';
    assert.equal(await stored(v, 'custom_group_fields'), declared);
    assert.equal(await table.getByRole('row').count(), 3, 'a head, and a row for each of the rights');

    await v.button('field.changeTitle', { name: 'city' }).click();
    assert.equal(await dialog.getByRole('textbox').count(), 0);
    assert.ok(await type('Public').getByRole('checkbox').isDisabled());
    assert.equal(await v.field(v.t('groupField.known')).count(), 0, 'rights alone may change again');
    await lowest('Public', 'write').selectOption('owner');
    await dialog.getByLabel(v.t('groupField.all'), { exact: true }).check();
    await v.inspect('features-group-change');
    await v.button('part.save').click();
    await v.sees(v.t('groupField.knownMissing'));
    await dialog.getByLabel(v.t('groupField.all'), { exact: true }).uncheck();
    assert.ok(await type('Private').getByRole('checkbox').isChecked(), 'what was chosen before stays');
    await type('Community').getByRole('checkbox').check();
    await v.field(v.t('groupField.known')).check();
    await v.button('part.save').click();
    await dialog.waitFor({ state: 'detached' });
    assert.equal(
      await stored(v, 'custom_group_fields'),
      'city:Private:member:owner:Public:anyone:owner:Community:anyone:admin',
    );
  },

  async 'fields of members have no name of a group’s, and are read and written by members'(v) {
    await openFeatures(v);
    const dialog = v.page.getByRole('dialog');
    await v.button('field.addTitle.member').click();
    const name = v.field(v.t('field.name'));
    await name.fill('city');
    await dialog.getByLabel(v.t('groupField.all'), { exact: true }).check();
    await v.field(v.t('groupField.known')).check();
    await v.button('field.addVerb').click();
    await v.sees(v.t('groupField.wrong.ofGroups'));
    assert.equal(await dialog.getByText(v.t('groupType.AVChatRoom'), { exact: true }).count(), 0);
    await v.inspect('features-member');
    await name.fill('badge');
    await v.button('field.addVerb').click();
    await dialog.waitFor({ state: 'detached' });
    assert.equal(await stored(v, 'custom_member_fields'), 'badge');

    await v.button('field.changeTitle', { name: 'badge' }).click();
    const community = dialog.getByRole('group', { name: v.t('groupType.Community'), exact: true });
    await community.getByLabel(v.t('groupField.read'), { exact: true }).selectOption('owner');
    await community.getByLabel(v.t('groupField.ownRead'), { exact: true }).check();
    await community.getByLabel(v.t('groupField.ownWrite'), { exact: true }).uncheck();
    await v.button('part.save').click();
    await dialog.waitFor({ state: 'detached' });
    const declared = 'badge:Private+Public+ChatRoom:member:admin+own:Community:owner+own:admin';
    assert.equal(await stored(v, 'custom_member_fields'), declared);
    await v.page.reload();
    await v.region(v.t('field.title.member')).getByText('badge').waitFor();
    await v.inspect('features-all-fields');
    assert.equal(await v.region(v.t('features.card.other')).count(), 0, 'every setting has its place');
  },

  async 'settings that the page does not know can be set all the same'(v) {
    const more = [
      { name: 'new_switch', value: 'false', default: 'false', allowed: 'true|false', kind: 'bool' },
      { name: 'new_limit', value: '5', default: '5', allowed: '1..5000', kind: 'number', range: [1, 5000] },
      { name: 'new_choice', value: 'a', default: 'a', allowed: 'a|b', kind: 'choice', values: ['a', 'b'] },
      { name: 'new_list', value: 'x,y', default: '', allowed: 'words', kind: 'list', most: 5 },
      { name: 'new_text', value: '', default: '', allowed: 'an address', kind: 'text' },
    ].map((setting) => ({ ...setting, meaning: `What ${setting.name} does.` }));
    await v.page.route('**/api/console.settings.get', async (route) => {
      const reply = await route.fetch();
      const { settings } = await reply.json();
      await route.fulfill({ json: { settings: [...settings, ...more] } });
    });
    await openFeatures(v);
    const other = await edit(v, 'other');
    await other.getByRole('switch', { name: 'new_switch' }).check();
    await other.getByLabel('new_limit', { exact: true }).fill('6000');
    await other.getByRole('radio', { name: 'b' }).check();
    await v.button('part.save').click();
    await other.getByRole('alert').waitFor();
    await other.getByLabel('new_limit', { exact: true }).fill('60');
    await other.getByLabel('new_text', { exact: true }).fill('http://127.0.0.1/');
    await v.inspect('features-other');
    const sent = v.page.waitForRequest('**/api/console.settings.set');
    await v.button('part.save').click();
    assert.deepEqual((await sent).postDataJSON().changes, {
      new_switch: 'true',
      new_limit: '60',
      new_choice: 'b',
      new_text: 'http://127.0.0.1/',
    });
    // This server does not know them either, and its refusal is shown in the card.
    await other.getByText(/there is no setting new_/).waitFor();
    await v.page.unrouteAll();
  },
};
