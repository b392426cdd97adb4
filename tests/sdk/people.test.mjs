// People: who becomes whose friend, who waits, what is kept, and what every page of a user hears of it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { World, until } from './world.mjs';

let world;
before(async () => { world = await World.start('multi_device=multi', 'web_instances=3'); });
after(() => world.stop());

const [ANY, CONFIRM, DENY] = ['AllowAny', 'NeedConfirm', 'DenyAny'].map((kind) => `AllowType_Type_${kind}`);
const [IN, OUT] = ['ComeIn', 'SendOut'].map((kind) => `Pendency_Type_${kind}`);
const list = async (user) => (await user.chat.getFriendList()).data;
const names = async (user) => (await list(user)).map(({ userID }) => userID).sort();
// A new friend is there at once; what is kept about it comes with the next answer.
const friend = (user, id) => until(`${id} among the friends of ${user.id}`, async () => (await list(user)).find((one) => one.userID === id && one.addTime > 0));
const gone = (user, id) => until(`${id} gone from the friends of ${user.id}`, async () => !(await names(user)).includes(id));
const allow = (user, allowType) => user.chat.updateMyProfile({ allowType });
const add = (user, to, more) => user.chat.addFriend({ to: to.id, source: 'AddSource_Type_Web', wording: 'hi', remark: '', type: 'Add_Type_Both', ...more });
const applications = async (user) => (await user.chat.getFriendApplicationList()).data;
const waits = (user, id, type) => until(`the application of ${id} at ${user.id}`, async () => (await applications(user)).friendApplicationList.find((one) => one.userID === id && one.type === type));
const none = (user) => until(`no applications at ${user.id}`, async () => (await applications(user)).friendApplicationList.length === 0);
const groups = async (user) => (await user.chat.getFriendGroupList()).data.map(({ name, userIDList }) => [name, [...userIDList].sort()]);

for (const sdk of ['chat', 'tim-js-sdk-friendship', 'lite-chat']) {
  describe(sdk, { concurrency: true }, () => {
    test('friends at once, on every page, until one of them ends it', async () => {
      const [alice, bob, carol] = await world.users('alice bob carol', sdk);
      const other = await alice.again(sdk);
      await add(alice, bob, { remark: 'Bee' });
      await add(alice, carol, { type: 'Add_Type_Single' });
      for (const page of [alice, other]) assert.equal((await friend(page, bob.id)).remark, 'Bee');
      assert.equal((await friend(bob, alice.id)).remark, '');
      const { data } = await alice.chat.checkFriend({ userIDList: [bob.id, carol.id], type: 'CheckResult_Type_Both' });
      assert.deepEqual(data.successUserIDList.map(({ relation }) => relation), ['CheckResult_Type_BothWay', 'CheckResult_Type_AWithB']);
      await alice.chat.updateFriend({ userID: bob.id, remark: 'Bée' });
      await until('the remark on the other page', async () => (await friend(other, bob.id)).remark === 'Bée');
      const later = await alice.again(sdk);
      assert.equal((await friend(later, bob.id)).remark, 'Bée');
      await friend(later, carol.id);
      assert.deepEqual(await names(carol), []);
      await other.chat.deleteFriend({ userIDList: [bob.id], type: 'Delete_Type_Both' });
      for (const [user, id] of [[alice, bob.id], [other, bob.id], [bob, alice.id]]) await gone(user, id);
    });

    test('consent is asked for, seen, given and refused', async () => {
      const [alice, bob, carol] = await world.users('alice bob carol', sdk);
      await allow(bob, CONFIRM);
      for (const user of [alice, carol]) {
        const answer = await add(user, bob, { wording: `I am ${user.id}`, remark: 'Bee' });
        assert.equal(answer.data?.code ?? answer.code, 30539);
        assert.equal((await waits(bob, user.id, IN)).wording, `I am ${user.id}`);
        await waits(user, bob.id, OUT);
      }
      await bob.event('FRIEND_APPLICATION_LIST_UPDATED', ({ unreadCount }) => unreadCount === 2);
      const later = await bob.again(sdk);
      await waits(later, alice.id, IN);
      await bob.chat.setFriendApplicationRead();
      await until('all seen, on the other page too', async () => (await applications(later)).unreadCount === 0);
      await bob.chat.acceptFriendApplication({ userID: alice.id, remark: 'Aye', type: 'Response_Action_AgreeAndAdd' });
      assert.deepEqual([(await friend(alice, bob.id)).remark, (await friend(bob, alice.id)).remark], ['Bee', 'Aye']);
      await later.chat.refuseFriendApplication({ userID: carol.id });
      for (const user of [alice, bob, carol, later]) await none(user);
      assert.deepEqual(await names(carol), []);
      await allow(bob, DENY);
      await assert.rejects(add(carol, bob), { code: 30516 });
      await allow(bob, ANY);
      await add(carol, bob);
      await friend(bob, carol.id);
    });

    test('friend groups', async () => {
      const [alice, bob, carol] = await world.users('alice bob carol', sdk);
      for (const user of [bob, carol]) { await add(alice, user); await friend(alice, user.id); }
      await alice.chat.createFriendGroup({ name: 'work', userIDList: [bob.id] });
      await alice.chat.addToFriendGroup({ name: 'work', userIDList: [carol.id] });
      await alice.chat.renameFriendGroup({ oldName: 'work', newName: 'job' });
      await alice.chat.removeFromFriendGroup({ name: 'job', userIDList: [bob.id] });
      assert.deepEqual(await groups(alice), [['job', [carol.id]]]);
      const later = await alice.again(sdk);
      await until('the group on a new page', async () => JSON.stringify(await groups(later)) === JSON.stringify([['job', [carol.id]]]));
      assert.deepEqual((await friend(later, carol.id)).groupList, ['job']);
      await later.chat.deleteFriendGroup({ name: 'job' });
      assert.deepEqual(await groups(later), []);
      assert.deepEqual(await names(later), [bob.id, carol.id].sort());
    });

    test('a block ends a friendship, and a new profile reaches friends', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      await add(alice, bob);
      await friend(alice, bob.id);
      await alice.chat.getUserProfile({ userIDList: [bob.id] });
      await bob.chat.updateMyProfile({ nick: 'Bobby' });
      await alice.event('PROFILE_UPDATED', (profiles) => profiles.some(({ userID, nick }) => userID === bob.id && nick === 'Bobby'));
      await alice.chat.addToBlacklist({ userIDList: [bob.id] });
      await gone(alice, bob.id);
      await gone(bob, alice.id);
      await assert.rejects(add(alice, bob), { code: 30515 });
      await assert.rejects(add(bob, alice), { code: 30525 });
      await alice.chat.removeFromBlacklist({ userIDList: [bob.id] });
      await add(bob, alice);
      await friend(alice, bob.id);
    });
  });
}

test('only friends write to each other, where the app says so', async () => {
  const strict = await World.start('relation_check=true');
  try {
    const [alice, bob] = await strict.users('alice bob', 'chat');
    await assert.rejects(alice.send(bob.id, 'stranger'), { code: 20009 });
    await add(alice, bob, { type: 'Add_Type_Single' });
    await assert.rejects(alice.send(bob.id, 'one way'), { code: 20010 });
    await assert.rejects(bob.send(alice.id, 'the other way'), { code: 20011 });
    await add(bob, alice);
    await alice.send(bob.id, 'friends');
    await bob.has(alice.id, 'friends');
  } finally { strict.stop(); }
});
