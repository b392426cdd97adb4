// Groups as applications see them: who is in, what is said, what waits, what is refused.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SDKS, World, until } from './world.mjs';

let world;
before(async () => { world = await World.start('hello_interval=5'); });
after(() => world.stop());

const refusal = async (promise, ...codes) => {
  const error = await promise.then(() => assert.fail('it was allowed'), (error) => error);
  if (codes.length > 0) assert.ok(codes.includes(error.code), `${error.code} (${error.message}) is none of ${codes}`);
};
const texts = (messages, user) => messages.filter(({ type }) => type === user.types.MSG_TEXT).map(({ payload }) => payload.text);

for (const sdk of SDKS) {
  describe(sdk, { concurrency: true }, () => {
    test('a private group: invited, removed, left by its owner', async () => {
      const [alice, bob, carol] = await world.users('alice bob carol', sdk);
      const group = await alice.found('Private', [bob]);
      await refusal(carol.chat.joinGroup({ groupID: group }));
      const { data } = await bob.chat.addGroupMember({ groupID: group, userIDList: [carol.id, alice.id] });
      assert.deepEqual([data.successUserIDList, data.existedUserIDList], [[carol.id], [alice.id]]);
      await carol.joined(group);
      await carol.notice(7, group);
      // An SDK that is still taking in the answer about a group keeps it, even if it is removed in that millisecond.
      if (sdk !== 'lite-chat') await until('the role of carol', async () => (await carol.group(group)).selfInfo.role === 'Member');
      assert.deepEqual((await alice.tip(group, 1)).userIDList, [carol.id]);
      await refusal(bob.chat.deleteGroupMember({ groupID: group, userIDList: [carol.id] }), 10007);
      await alice.chat.deleteGroupMember({ groupID: group, userIDList: [carol.id], reason: 'bye' });
      await carol.left(group);
      const removed = await carol.notice(4, group);
      if (sdk !== 'lite-chat') assert.equal(removed.payload.handleMessage, 'bye');
      await alice.chat.quitGroup(group);
      await bob.say(group, 'alone');
      const [profile] = (await bob.groups()).filter(({ groupID }) => groupID === group);
      assert.equal(profile.type, 'Private');
    });

    test('a public group: applications are decided, names change, it is dismissed', async () => {
      const [alice, bob, carol] = await world.users('alice bob carol', sdk);
      const group = await alice.found('Public', [], { joinOption: 'NeedPermission' });
      for (const user of [bob, carol]) {
        assert.equal((await user.chat.joinGroup({ groupID: group, applyMessage: `I am ${user.id}` })).data.status, 'WaitAdminApproval');
      }
      const asked = (who) => until('the application', () => alice.received.find(({ type, payload }) => type === alice.types.MSG_GRP_SYS_NOTICE
        && payload.operationType === 1 && payload.operatorID === who.id));
      assert.equal((await asked(bob)).payload.handleMessage, `I am ${bob.id}`);
      await alice.chat.handleGroupApplication({ handleAction: 'Agree', message: await asked(bob) });
      await alice.chat.handleGroupApplication({ handleAction: 'Reject', handleMessage: 'no', message: await asked(carol) });
      await bob.joined(group);
      assert.equal((await carol.notice(3, group)).payload.handleMessage, 'no');
      await alice.chat.updateGroupProfile({ groupID: group, name: 'renamed', joinOption: 'FreeAccess' });
      assert.equal((await bob.tip(group, 6)).newGroupProfile.groupName, 'renamed');
      assert.equal((await carol.chat.joinGroup({ groupID: group })).data.status, 'JoinedSuccess');
      await refusal(bob.chat.updateGroupProfile({ groupID: group, name: 'no' }), 10007);
      await refusal(bob.chat.dismissGroup(group), 10007);
      await alice.chat.dismissGroup(group);
      await bob.left(group);
      await bob.notice(5, group);
      await refusal(carol.chat.searchGroupByID(group), 10010, 10015);
    });

    test('what three say at once arrives at all in one order, and so it stays', async () => {
      const users = await world.users('alice bob carol', sdk);
      const [alice, bob, carol] = users;
      const group = await alice.found('Public', [bob, carol]);
      await Promise.all(users.map(async (user) => { for (let at = 0; at < 20; at += 1) await user.say(group, `${user.id} ${at}`); }));
      for (const user of users) await until('all of it', () => user.heard(group).length === 40);
      const fresh = await bob.again(sdk);
      await fresh.joined(group);
      const history = (await fresh.groupHistory(group)).filter(({ type }) => type === fresh.types.MSG_TEXT);
      assert.equal(history.length, 60);
      const order = history.map(({ payload }) => payload.text);
      for (const user of users) {
        const own = order.filter((text) => text.startsWith(`${user.id} `));
        assert.deepEqual(own, Array.from({ length: 20 }, (_, at) => `${user.id} ${at}`));
        assert.deepEqual(user.heard(group), order.filter((text) => !text.startsWith(`${user.id} `)));
      }
      const sequences = history.map(({ sequence }) => sequence);
      assert.deepEqual(sequences, [...sequences].sort((a, b) => a - b));
      assert.equal(new Set(sequences).size, 60);
    });

    test('an application is listed once, and what the approver wrote arrives', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      const group = await alice.found('Public', [], { joinOption: 'NeedPermission' });
      await bob.chat.joinGroup({ groupID: group, applyMessage: 'please' });
      await alice.notice(1, group);
      if (alice.can('getGroupApplicationList')) {
        const { data } = await alice.chat.getGroupApplicationList();
        const mine = data.applicationList.filter(({ groupID }) => groupID === group);
        assert.deepEqual(mine.map(({ applicant }) => applicant), [bob.id]);
        await alice.chat.handleGroupApplication({ handleAction: 'Agree', handleMessage: 'welcome', application: mine[0] });
      } else {
        await alice.chat.handleGroupApplication({ handleAction: 'Agree', handleMessage: 'welcome', message: await alice.notice(1, group) });
      }
      assert.equal((await bob.notice(2, group)).payload.handleMessage, 'welcome');
    });

    test('a meeting counts nothing as unread, also not what comes in', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      const group = await alice.found('ChatRoom', [bob]);
      await alice.say(group, 'hello');
      await bob.hears(group, 'hello');
      // lite-chat counts every tip, whatever comes with it.
      if (sdk !== 'lite-chat') {
        await alice.chat.updateGroupProfile({ groupID: group, name: 'renamed' });
        await bob.tip(group, 6);
      }
      assert.equal((await bob.groupConversation(group)).unreadCount, 0);
    });

    test('unread messages count until they are read', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      const group = await alice.found('Public', [bob]);
      await alice.say(group, 'first');
      await bob.hears(group, 'first');
      await bob.chat.setMessageRead({ conversationID: `GROUP${group}` });
      await bob.chat.logout();
      for (let at = 0; at < 3; at += 1) await alice.say(group, `unread ${at}`);
      const fresh = await bob.again(sdk);
      await until('three unread', async () => (await fresh.groupConversation(group))?.unreadCount === 3);
      assert.equal((await fresh.groupConversation(group)).lastMessage.payload.text, 'unread 2');
      // tim-js-sdk says nothing to the server before it has the list of groups.
      await fresh.joined(group);
      await fresh.chat.setMessageRead({ conversationID: `GROUP${group}` });
      const later = await fresh.again(sdk);
      await until('none unread', async () => (await later.groupConversation(group))?.unreadCount === 0);
    });

    test('messages are recalled by who may, and deleted for oneself', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      const group = await alice.found('Public', [bob]);
      const [first, second, third] = [await bob.say(group, 'one'), await bob.say(group, 'two'), await alice.say(group, 'three')];
      await alice.arrival(second);
      await bob.chat.revokeMessage(first);
      const told = await alice.event('MESSAGE_REVOKED', (list) => list.some(({ ID }) => ID === first.ID));
      assert.equal(told.find(({ ID }) => ID === first.ID).revoker, bob.id);
      await alice.chat.revokeMessage(await alice.arrival(second));
      await bob.event('MESSAGE_REVOKED', (list) => list.some(({ ID }) => ID === second.ID));
      await refusal(bob.chat.revokeMessage(await bob.arrival(third)));
      await bob.chat.deleteMessage([await bob.arrival(third)]);
      const fresh = await bob.again(sdk);
      await fresh.joined(group);
      const history = await fresh.groupHistory(group);
      assert.deepEqual(history.filter(({ isRevoked }) => isRevoked).map(({ ID }) => ID), [first.ID, second.ID]);
      assert.ok(!history.some(({ ID }) => ID === third.ID));
      assert.ok(texts(await alice.groupHistory(group), alice).includes('three'));
    });

    test('the muted are silent until they may speak again', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      const group = await alice.found('Public', [bob]);
      await alice.chat.setGroupMemberMuteTime({ groupID: group, userID: bob.id, muteTime: 600 });
      await refusal(bob.say(group, 'no'), 10017);
      await alice.chat.setGroupMemberMuteTime({ groupID: group, userID: bob.id, muteTime: 0 });
      await bob.say(group, 'yes');
      await alice.chat.updateGroupProfile({ groupID: group, muteAllMembers: true });
      await refusal(bob.say(group, 'no'), 10017);
      await alice.say(group, 'quiet, please');
      await bob.hears(group, 'quiet, please');
      assert.deepEqual(alice.heard(group), ['yes']);
    });

    test('the mentioned are told, here or when they come back', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      const group = await alice.found('Public', [bob]);
      const mention = async (who) => {
        const message = alice.chat.createTextAtMessage({ to: group, conversationType: 'GROUP', payload: { text: 'you', atUserList: [who] } });
        await alice.chat.sendMessage(message);
        return message;
      };
      const told = (user, { sequence }, kind) => until(`the mention at ${user.id}`, async () => (await user.groupConversation(group))
        ?.groupAtInfoList.some((one) => one.messageSequence === sequence && one.atTypeArray.includes(kind)));
      await told(bob, await mention(bob.id), 1);
      await told(bob, await mention(alice.types.MSG_AT_ALL), 2);
      await bob.chat.setMessageRead({ conversationID: `GROUP${group}` });
      assert.equal((await bob.groupConversation(group)).groupAtInfoList.length, 0);
      await bob.chat.logout();
      const missed = await mention(bob.id);
      await told(await bob.again(sdk), missed, 1);
    });

    test('attributes are everybody’s, and only one of two at once wins', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      const group = await alice.found('Public', [bob]);
      const change = (user, groupAttributes) => user.chat.setGroupAttributes({ groupID: group, groupAttributes });
      await alice.chat.initGroupAttributes({ groupID: group, groupAttributes: { seat: '1', door: 'open' } });
      await bob.event('GROUP_ATTRIBUTES_UPDATED', ({ groupAttributes }) => groupAttributes.seat === '1' && groupAttributes.door === 'open');
      const both = await Promise.allSettled([change(alice, { seat: '2' }), change(bob, { seat: '3' })]);
      assert.deepEqual(both.filter(({ status }) => status === 'rejected').map(({ reason }) => reason.code), [10056]);
    });

    test('a live room: heard by who is in, without a history, closed to who is not', async () => {
      const users = await world.users('alice bob carol', sdk);
      const [alice, bob, carol] = users;
      const group = await alice.found('AVChatRoom');
      for (const user of sdk === 'lite-chat' ? [bob, carol] : users) {
        assert.equal((await user.chat.joinGroup({ groupID: group })).data.status, 'JoinedSuccess');
      }
      for (let at = 0; at < 10; at += 1) await [bob, carol][at % 2].say(group, `n${at}`);
      await carol.hears(group, 'n8');
      assert.deepEqual(carol.heard(group), ['n0', 'n2', 'n4', 'n6', 'n8']);
      await carol.chat.quitGroup(group);
      await refusal(carol.say(group, 'still here?'));
      await bob.say(group, 'late');
      await alice.chat.setGroupMemberMuteTime({ groupID: group, userID: bob.id, muteTime: 60 });
      await refusal(bob.say(group, 'no'), 10017);
      assert.ok(!carol.heard(group).includes('late'));
      await alice.chat.dismissGroup(group);
      await bob.notice(5, group);
    });

    test('what was said during a lost connection arrives in order, once, with what came after', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      const group = await alice.found('Public', [bob]);
      await alice.say(group, 'w0');
      await bob.hears(group, 'w0');
      await bob.unplug();
      for (let at = 1; at <= 25; at += 1) await alice.say(group, `w${at}`);
      bob.plug();
      await bob.hears(group, 'w25');
      await alice.say(group, 'w26');
      await bob.hears(group, 'w26');
      assert.deepEqual(bob.heard(group), Array.from({ length: 27 }, (_, at) => `w${at}`));
    });
  });
}

describe('chat', { concurrency: true }, () => {
  test('receipts, pins, reactions, counters', async () => {
    const [alice, bob, carol] = await world.users('alice bob carol', 'chat');
    const group = await alice.found('Public', [bob, carol]);
    const message = await alice.say(group, 'read this', { needReadReceipt: true, isSupportExtension: true });
    await bob.chat.sendMessageReadReceipt([await bob.arrival(message)]);
    const [receipt] = await alice.event('MESSAGE_READ_RECEIPT_RECEIVED', ([one]) => one.messageID === message.ID);
    assert.deepEqual([receipt.readCount, receipt.unreadCount], [1, 1]);
    const readers = async (filter) => (await alice.chat.getGroupMessageReadMemberList({ message, filter, count: 10 })).data;
    assert.deepEqual([(await readers(0)).readUserIDList, (await readers(1)).unreadUserIDList], [[bob.id], [carol.id]]);
    await alice.chat.pinGroupMessage({ groupID: group, message, isPinned: true });
    assert.equal((await bob.event('PINNED_GROUP_MESSAGE_UPDATED')).message.ID, message.ID);
    assert.deepEqual((await carol.chat.getPinnedGroupMessageList(group)).data.messageList.map(({ ID }) => ID), [message.ID]);
    await refusal(carol.chat.pinGroupMessage({ groupID: group, message, isPinned: false }), 10007);
    await bob.chat.addMessageReaction(await bob.arrival(message), 'like');
    await alice.event('MESSAGE_REACTIONS_UPDATED', ({ messageID, reactionList }) => messageID === message.ID && reactionList[0].totalUserCount === 1);
    assert.deepEqual((await alice.chat.setGroupCounters({ groupID: group, counters: { gifts: 2 } })).data.counters, { gifts: 2 });
    assert.deepEqual((await bob.chat.increaseGroupCounter({ groupID: group, key: 'gifts', value: 3 })).data.counters, { gifts: 5 });
  });

  test('a visitor listens to a live room and to nothing else', async () => {
    const alice = await world.user('alice', 'chat');
    const room = await alice.found('AVChatRoom');
    await alice.chat.joinGroup({ groupID: room });
    const closed = await alice.found('Public', [], { joinOption: 'FreeAccess' });
    const visitor = await world.visitor('visitor', 'chat');
    assert.equal((await visitor.chat.joinGroup({ groupID: room })).data.status, 'JoinedSuccess');
    for (let at = 0; at < 3; at += 1) await alice.say(room, `for all ${at}`);
    await visitor.hears(room, 'for all 2');
    assert.deepEqual(visitor.heard(room), ['for all 0', 'for all 1', 'for all 2']);
    await refusal(visitor.chat.joinGroup({ groupID: closed }));
  });

  test('topics of a community are talked in, read and removed', async () => {
    const [alice, bob] = await world.users('alice bob', 'chat');
    const group = await alice.found('Community', [], { isSupportTopic: true });
    await bob.chat.joinGroup({ groupID: group });
    const { topicID } = (await alice.chat.createTopicInCommunity({ groupID: group, topicName: 'birds' })).data;
    await bob.event('TOPIC_CREATED', (data) => data.topicID === topicID);
    assert.deepEqual((await bob.chat.getTopicList({ groupID: group, topicIDList: [] })).data.successTopicList.map(({ topicName }) => topicName), ['birds']);
    await alice.say(topicID, 'a wren');
    await bob.event('TOPIC_UPDATED', ({ topic }) => topic.topicID === topicID && topic.unreadCount === 1);
    await bob.say(topicID, 'a goose');
    await alice.hears(topicID, 'a goose');
    assert.deepEqual(texts(await alice.groupHistory(topicID), alice), ['a wren', 'a goose']);
    await refusal(bob.chat.deleteTopicFromCommunity({ groupID: group, topicIDList: [topicID] }).then(({ data }) => {
      if (data.failureTopicList?.length > 0) throw data.failureTopicList[0];
    }));
    await alice.chat.deleteTopicFromCommunity({ groupID: group, topicIDList: [topicID] });
    await bob.event('TOPIC_DELETED', ({ topicIDList }) => topicIDList.includes(topicID));
  });

  test('what was acknowledged in a group survives the end of the server', async () => {
    const own = await World.start('hello_interval=5');
    after(() => own.stop());
    const [alice, bob] = await own.users('alice bob', 'chat');
    const group = await alice.found('Public', [bob]);
    const sent = [];
    for (let at = 0; at < 20; at += 1) { await alice.say(group, `k${at}`); sent.push(`k${at}`); }
    await own.restart('SIGKILL');
    await bob.hears(group, 'k19');
    await until('alice is back', async () => {
      try { await alice.say(group, 'back'); return true; } catch { return false; }
    }, 60_000);
    await bob.hears(group, 'back');
    assert.deepEqual(bob.heard(group).filter((text) => text !== 'back'), sent);
    const fresh = await bob.again('chat');
    await fresh.joined(group);
    assert.deepEqual(texts(await fresh.groupHistory(group), fresh).filter((text) => text !== 'back'), sent);
  });
});
