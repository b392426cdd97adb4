// Words that an app does not let its users say.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SDKS, World } from './world.mjs';

let world;
before(async () => {
  world = await World.start();
  await world.rest('openim_dirty_words/add', { DirtyWordsList: ['verboten'] });
  await world.rest('im_msg_audit_mgr/add_local_audit_keywords', { LocalAuditWords: [
    { Keyword: 'darn', WordType: 1, FilterType: 1, ReplacedContent: '****' },
  ] });
});
after(() => world.stop());

for (const sdk of SDKS) {
  describe(sdk, { concurrency: true }, () => {
    test('what is refused is not sent, what is replaced arrives so', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      const group = await alice.found('Public', [bob]);
      await assert.rejects(alice.send(bob.id, 'it is VERBOTEN'), { code: 80001 });
      await assert.rejects(alice.say(group, 'verboten, too'), { code: 80001 });
      await alice.send(bob.id, 'oh darn it');
      await bob.has(alice.id, 'oh **** it');
      await alice.say(group, 'Darn!');
      await bob.hears(group, '****!');
      assert.deepEqual([bob.texts(alice.id), bob.heard(group)], [['oh **** it'], ['****!']]);
      await assert.rejects(alice.chat.updateMyProfile({ nick: 'Verboten' }), { code: 40005 });
      await assert.rejects(alice.chat.updateGroupProfile({ groupID: group, name: 'verboten' }), { code: 80001 });
      await alice.chat.updateMyProfile({ nick: 'Allowed' });
    });
  });
}
