// Users: profiles, who blocks and follows whom, who is online, when not to disturb.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SDKS, World, until } from './world.mjs';

let world;
before(async () => { world = await World.start(); });
after(() => world.stop());

for (const sdk of SDKS) {
  describe(sdk, { concurrency: true }, () => {
    test('a profile, as others see it and after a sign-in', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      const { GENDER_FEMALE: gender, ALLOW_TYPE_NEED_CONFIRM: allowType } = alice.types;
      const profile = { nick: 'Ñick 名 😀', avatar: 'https://example.org/a.png', gender, selfSignature: 'sig', allowType, birthday: 19991231, location: 'loc' };
      if (sdk !== 'lite-chat') Object.assign(profile, { language: 2, level: 3, role: 4 });
      await alice.chat.updateMyProfile(profile);
      const { data: [seen] } = await bob.chat.getUserProfile({ userIDList: [alice.id] });
      for (const [field, value] of Object.entries(profile)) assert.equal(seen[field], value, field);
      const again = await alice.again(sdk);
      await until('the own profile', async () => (await again.chat.getMyProfile()).data.nick === profile.nick);
      await again.send(bob.id, 'x');
      await bob.has(alice.id, 'x');
      assert.deepEqual([bob.received[0].nick, bob.received[0].avatar], [profile.nick, profile.avatar]);
      await again.chat.updateMyProfile({ nick: 'Later' });
      await again.send(bob.id, 'y');
      await until('the new name', () => bob.received.some((message) => message.payload.text === 'y' && message.nick === 'Later'));
    });

    test('fields of the app\'s own, and many at once', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      await alice.chat.updateMyProfile({ profileCustomField: [{ key: 'Tag_Profile_Custom_Test', value: 'ü' }] });
      const { data } = await bob.chat.getUserProfile({ userIDList: [alice.id, world.name('ghost'), bob.id] });
      assert.deepEqual(data.map((user) => user.userID).sort(), [alice.id, bob.id].sort(), 'nobody is made up');
      const [{ profileCustomField }] = data.filter((user) => user.userID === alice.id);
      assert.equal(profileCustomField.find((field) => field.key === 'Tag_Profile_Custom_Test').value, 'ü');
    });

    test('a block list', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      await alice.chat.addToBlacklist({ userIDList: [bob.id] });
      await alice.event('BLACKLIST_UPDATED', (list) => list.includes(bob.id));
      const again = await alice.again(sdk);
      await until('the list', async () => (await again.chat.getBlacklist()).data.includes(bob.id));
      await again.send(bob.id, 'one may write to whom one blocks');
      await assert.rejects(bob.send(alice.id, 'not back'), { code: 20007 });
      await again.chat.removeFromBlacklist({ userIDList: [bob.id] });
      await until('nobody', async () => (await again.chat.getBlacklist()).data.length === 0);
      await bob.send(alice.id, 'back');
      await again.has(bob.id, 'back');
    });

    test('status: online, in one\'s own words, gone', async () => {
      const alice = await world.user('alice', sdk);
      const id = await world.account('bob');
      const { USER_STATUS_ONLINE: online } = alice.types;
      const status = async () => (await alice.chat.getUserStatus({ userIDList: [id] })).data.successUserList[0];
      assert.notEqual((await status()).statusType, online);
      await alice.chat.subscribeUserStatus({ userIDList: [id] });
      const bob = await world.user('bob', sdk, { id });
      await alice.event('USER_STATUS_UPDATED', (list) => list.some((user) => user.userID === id && user.statusType === online));
      await bob.chat.setSelfStatus({ customStatus: 'büsy' });
      await alice.event('USER_STATUS_UPDATED', (list) => list.some((user) => user.userID === id && user.customStatus === 'büsy'));
      await bob.event('USER_STATUS_UPDATED', (list) => list.some((user) => user.userID === id && user.customStatus === 'büsy'));
      const { statusType, customStatus } = await status();
      assert.deepEqual([statusType, customStatus], [online, 'büsy']);
      const since = alice.events.length;
      await bob.chat.logout();
      await alice.event('USER_STATUS_UPDATED', (list) => list.some((user) => user.userID === id && user.statusType !== online), since);
      assert.notEqual((await status()).statusType, online);
      await alice.chat.unsubscribeUserStatus({ userIDList: [id] });
      const { data } = await alice.chat.getUserStatus({ userIDList: [world.name('ghost')] });
      assert.equal(data.failureUserList.length, 1, 'nobody has no status');
    });

    test('not to be disturbed', async (t) => {
      const alice = await world.user('alice', sdk);
      if (!alice.can('setAllReceiveMessageOpt')) return t.skip(`${sdk} has none`);
      const messageRemindType = alice.types.MSG_REMIND_ACPT_NOT_NOTE;
      await alice.chat.setAllReceiveMessageOpt({ messageRemindType, startHour: 1, startMinute: 2, startSecond: 3, duration: 3600 });
      const { data } = await (await alice.again(sdk)).chat.getAllReceiveMessageOpt();
      assert.deepEqual([data.messageRemindType, data.endTime - data.startTime], [messageRemindType, 3600]);
    });

    test('following', async (t) => {
      const [alice, bob] = await world.users('alice bob', sdk);
      if (!alice.can('followUser')) return t.skip(`${sdk} has none`);
      const users = async (user, list) => (await user.chat[list]()).data.resultList.map((one) => one.userID);
      await alice.chat.followUser([bob.id]);
      assert.deepEqual(await users(alice, 'getMyFollowingList'), [bob.id]);
      assert.deepEqual(await users(bob, 'getMyFollowersList'), [alice.id]);
      await bob.chat.followUser([alice.id]);
      assert.deepEqual(await users(alice, 'getMutualFollowersList'), [bob.id]);
      await alice.chat.unfollowUser([bob.id]);
      assert.deepEqual(await users(alice, 'getMyFollowingList'), []);
    });

    test('words are found in one\'s own messages', async (t) => {
      const [alice, bob, carol] = await world.users('alice bob carol', sdk);
      if (!alice.can('searchCloudMessages')) return t.skip(`${sdk} has none`);
      const sent = await alice.send(bob.id, 'a Needle 中文 in hay');
      await alice.send(bob.id, 'only hay');
      const search = async (user, ...keywordList) => (await user.chat.searchCloudMessages({ keywordList })).data;
      const found = await search(alice, 'needle');
      assert.deepEqual(found.searchResultList.map(({ conversationID, messageCount }) => [conversationID, messageCount]), [[`C2C${bob.id}`, 1]]);
      assert.equal(found.searchResultList[0].messageList[0].ID, sent.ID);
      assert.equal((await search(bob, '中文')).totalCount, 1);
      assert.equal((await search(carol, 'hay')).totalCount, 0, 'others find nothing');
    });

    test('unknown groups: none, refused, never without an answer', { timeout: 10_000 }, async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      const { chat, types } = alice;
      assert.deepEqual((await chat.getGroupList()).data.groupList, []);
      const toGroup = chat.createTextMessage({ to: '@TGS#none', conversationType: types.CONV_GROUP, payload: { text: 'x' } });
      const refused = {
        join: () => chat.joinGroup({ groupID: '@TGS#none', type: types.GRP_PUBLIC }),
        quit: () => chat.quitGroup('@TGS#none'),
        profile: () => chat.getGroupProfile({ groupID: '@TGS#none' }),
        search: () => chat.searchGroupByID('@TGS#none'),
        dismiss: () => chat.dismissGroup('@TGS#none'),
        send: () => chat.sendMessage(toGroup),
      };
      const outcomes = await Promise.allSettled(Object.values(refused).map((ask) => ask()));
      outcomes.forEach((outcome, at) => {
        const what = Object.keys(refused)[at];
        assert.equal(outcome.status, 'rejected', what);
        assert.notEqual(outcome.reason.code, 2801, `${what} was answered`);
      });
      await alice.send(bob.id, 'still here');
      await bob.has(alice.id, 'still here');
    });
  });
}
