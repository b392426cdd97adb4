// The conversation list: its order, what a user notes about conversations, and how they go away.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SDKS, World, until } from './world.mjs';

let world;
before(async () => { world = await World.start(); });
after(() => world.stop());

const c2c = (...ids) => ids.map((id) => `C2C${id}`);
const listed = async (user) => (await user.conversations()).map((one) => one.conversationID);
/** Waits for the second after a message: the list is ordered by seconds. */
const later = (message) => until('a later second', () => Date.now() / 1000 >= message.time + 1);

for (const sdk of SDKS) {
  describe(sdk, { concurrency: true }, () => {
    test('the newest is first, pinned ones before', async () => {
      const me = await world.user('me', sdk);
      const [x, y, z] = [await world.account('x'), await world.account('y'), await world.account('z')];
      for (const peer of [x, y, z]) await later(await me.send(peer, `to ${peer}`));
      assert.deepEqual(await listed(me), c2c(z, y, x));
      await me.send(x, 'again');
      assert.deepEqual(await listed(me), c2c(x, z, y));
      await me.chat.pinConversation({ conversationID: `C2C${y}`, isPinned: true });
      assert.deepEqual(await listed(me), c2c(y, x, z));
      const again = await me.again(sdk);
      assert.deepEqual(await listed(again), c2c(y, x, z));
      assert.deepEqual((await again.conversations()).map((one) => one.isPinned), [true, false, false]);
      assert.deepEqual((await again.conversations()).map((one) => one.unreadCount), [0, 0, 0], 'own messages are not unread');
      assert.equal((await again.conversation(x)).lastMessage.payload.text, 'again');
      await again.chat.pinConversation({ conversationID: `C2C${y}`, isPinned: false });
      assert.deepEqual(await listed(await me.again(sdk)), c2c(x, z, y));
    });

    test('deleted with its history, it comes back with what is new only', async () => {
      const [me, peer] = await world.users('me peer', sdk);
      await peer.send(me.id, 'old');
      await me.has(peer.id, 'old');
      await me.chat.deleteConversation({ conversationIDList: c2c(peer.id), clearHistoryMessage: true });
      assert.deepEqual(await listed(me), []);
      const again = await me.again(sdk);
      assert.deepEqual(await listed(again), []);
      await peer.send(me.id, 'new');
      await again.unread(peer.id, 1);
      assert.deepEqual(await again.historyTexts(peer.id), ['new']);
      assert.deepEqual(await (await peer.again(sdk)).historyTexts(me.id), ['old', 'new'], 'the history of the other stays');
    });

    test('deleted alone, its history stays', async () => {
      const [me, peer] = await world.users('me peer', sdk);
      await me.send(peer.id, 'kept');
      await me.chat.deleteConversation({ conversationIDList: c2c(peer.id), clearHistoryMessage: false });
      const again = await me.again(sdk);
      assert.deepEqual(await listed(again), []);
      assert.deepEqual(await again.historyTexts(peer.id), ['kept']);
    });

    test('a cleared history leaves the conversation', async () => {
      const [me, peer] = await world.users('me peer', sdk);
      await me.send(peer.id, 'a');
      await me.chat.clearHistoryMessage(`C2C${peer.id}`);
      assert.deepEqual(await me.historyTexts(peer.id), []);
      const again = await me.again(sdk);
      assert.deepEqual(await again.historyTexts(peer.id), []);
      assert.deepEqual(await listed(again), c2c(peer.id));
    });

    test('marks, data of one\'s own, groups', async () => {
      const me = await world.user('me', sdk);
      const [x, y] = [await world.account('x'), await world.account('y')];
      await me.send(x, '1');
      await me.send(y, '2');
      const { CONV_MARK_TYPE_STAR: star, CONV_MARK_TYPE_FOLD: fold } = me.types;
      await me.chat.markConversation({ conversationIDList: c2c(x, y), markType: star, enableMark: true });
      await me.chat.markConversation({ conversationIDList: c2c(x), markType: fold, enableMark: true });
      await me.chat.markConversation({ conversationIDList: c2c(y), markType: star, enableMark: false });
      await me.chat.setConversationCustomData({ conversationIDList: c2c(x), customData: 'my own ü' });
      await me.chat.createConversationGroup({ groupName: 'first', conversationIDList: c2c(x) });
      await me.chat.renameConversationGroup({ oldName: 'first', newName: 'second' });
      await me.chat.addConversationsToGroup({ groupName: 'second', conversationIDList: c2c(y) });
      const again = await me.again(sdk);
      await until('the groups', async () => (await again.conversation(y)).conversationGroupList.length === 1);
      const noted = async (peer) => {
        const { markList, customData, conversationGroupList } = await again.conversation(peer);
        return [[...markList].sort(), customData, [...conversationGroupList]];
      };
      assert.deepEqual(await noted(x), [[star, fold].sort(), 'my own ü', ['second']]);
      assert.deepEqual(await noted(y), [[], '', ['second']]);
      assert.deepEqual((await again.chat.getConversationGroupList()).data, ['second']);
      await again.chat.deleteConversationsFromGroup({ groupName: 'second', conversationIDList: c2c(x) });
      assert.deepEqual((await noted(x))[2], []);
      await again.chat.deleteConversationGroup('second');
      await until('no group', async () => (await noted(y))[2].length === 0);
      assert.deepEqual((await (await again.again(sdk)).chat.getConversationGroupList()).data, []);
    });

    test('a muted peer does not count in the total', async () => {
      const [me, peer] = await world.users('me peer', sdk);
      await me.send(peer.id, 'start');
      await me.chat.setMessageRemindType({ userIDList: [peer.id], messageRemindType: me.types.MSG_REMIND_ACPT_NOT_NOTE });
      await peer.send(me.id, 'quiet');
      await me.unread(peer.id, 1);
      assert.equal(me.chat.getTotalUnreadMessageCount(), 0);
      const again = await me.again(sdk);
      await until('muted still', async () => (await again.conversation(peer.id)).messageRemindType === me.types.MSG_REMIND_ACPT_NOT_NOTE);
    });

    test('the peer\'s name and picture', async () => {
      const [me, peer] = await world.users('me peer', sdk);
      await peer.chat.updateMyProfile({ nick: 'Nick', avatar: 'https://example.org/a.png' });
      await peer.send(me.id, 'hello');
      await until('the name', async () => (await me.conversation(peer.id))?.userProfile?.nick === 'Nick');
      const { data } = await (await me.again(sdk)).chat.getConversationProfile(`C2C${peer.id}`);
      const { nick, avatar, userID } = data.conversation.userProfile;
      assert.deepEqual({ nick, avatar, userID }, { nick: 'Nick', avatar: 'https://example.org/a.png', userID: peer.id });
    });

    test('a list of more than a page', async () => {
      const me = await world.user('me', sdk);
      const peers = Array.from({ length: 230 }, () => world.name('many'));
      for (let at = 0; at < peers.length; at += 100) await world.rest('im_open_login_svc/multiaccount_import', { Accounts: peers.slice(at, at + 100) });
      await Promise.all(peers.map((peer) => me.send(peer, `hi ${peer}`)));
      const again = await me.again(sdk);
      assert.deepEqual((await listed(again)).sort(), c2c(...peers).sort());
    });
  });
}
