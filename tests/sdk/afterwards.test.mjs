// What happens to messages after they were sent: kept, read, recalled, modified, deleted, annotated.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SDKS, World, until } from './world.mjs';

let world;
before(async () => { world = await World.start(); });
after(() => world.stop());

const numbers = (count) => Array.from({ length: count }, (_, at) => `n${at}`);

for (const sdk of SDKS) {
  describe(sdk, { concurrency: true }, () => {
    test('what came while away is there, and unread', async () => {
      const [alice, carol] = await world.users('alice carol', sdk);
      const id = await world.account('bob');
      for (const text of ['one', 'two', 'three']) await alice.send(id, text);
      await carol.send(id, 'hello');
      const bob = await world.user('bob', sdk, { id });
      await bob.unread(alice.id, 3);
      await bob.unread(carol.id, 1);
      await until('a total of four', () => bob.chat.getTotalUnreadMessageCount() === 4);
      const order = (await bob.conversations()).map(({ lastMessage, conversationID }) => [conversationID, lastMessage.payload.text]);
      assert.deepEqual(order.sort(), [[`C2C${alice.id}`, 'three'], [`C2C${carol.id}`, 'hello']].sort());
      assert.deepEqual(await bob.historyTexts(alice.id), ['one', 'two', 'three']);
      await alice.send(id, 'four');
      await bob.has(alice.id, 'four');
      assert.deepEqual(bob.texts(alice.id), ['four'], 'what was counted is not received again');
      await bob.unread(alice.id, 4);
    });

    test('a long history is paged to its start, both ways by time too', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      const sent = [];
      for (let at = 0; at < 450; at += 50) sent.push(...await Promise.all(numbers(50).map((_, offset) => alice.send(bob.id, `n${at + offset}`))));
      const expected = numbers(450);
      for (const [one, other] of [[alice, bob], [bob, alice]]) {
        const [fresh, pages] = [await one.again(sdk), []];
        const all = await fresh.history(other.id, pages);
        assert.deepEqual(all.map((message) => message.payload.text), expected);
        assert.deepEqual(all.map((message) => message.ID), sent.map((message) => message.ID));
        assert.ok(all.every((message) => message.flow === (one === alice ? 'out' : 'in')));
        assert.ok(pages.length > 5, 'in pages');
        for (const direction of [0, 1]) {
          const hops = [];
          for (let time = direction === 1 ? sent[0].time : sent.at(-1).time + 1, round = 0; round < 100; round += 1) {
            const at = { conversationID: `C2C${other.id}`, count: 15, time, direction };
            const { data } = await fresh.patiently(() => fresh.chat.getMessageListHopping(at));
            const texts = data.messageList.map((message) => message.payload.text);
            if (direction === 0) hops.unshift(...texts); else hops.push(...texts);
            if (data.isCompleted) break;
            time = data.nextMessageTime;
          }
          // By time alone a second may be told twice where two pages meet; nothing may be left out.
          assert.deepEqual([...new Set(hops)], expected, `direction ${direction}`);
        }
      }
    });

    test('unread and read by the peer', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      const sent = [];
      for (const text of numbers(3)) sent.push(await alice.send(bob.id, text));
      await bob.unread(alice.id, 3);
      await bob.chat.setMessageRead({ conversationID: `C2C${alice.id}` });
      assert.equal((await bob.conversation(alice.id)).unreadCount, 0);
      const read = await alice.event('MESSAGE_READ_BY_PEER');
      assert.ok(read.every((message) => message.isPeerRead));
      await until('all marked', () => sent.every((message) => message.isPeerRead));
      const [alices, bobs] = [await alice.again(sdk), await bob.again(sdk)];
      assert.ok((await alices.history(bob.id)).every((message) => message.isPeerRead));
      assert.equal((await alices.conversation(bob.id)).lastMessage.isPeerRead, true);
      assert.equal((await bobs.conversation(alice.id)).unreadCount, 0);
      await until('the next second', () => Date.now() / 1000 >= sent.at(-1).time + 1);
      await alices.send(bob.id, 'again');
      await bobs.unread(alice.id, 1);
    });

    test('everything is read at once', async () => {
      const [alice, bob, carol] = await world.users('alice bob carol', sdk);
      await alice.send(carol.id, '1');
      await bob.send(carol.id, '2');
      await until('a total of two', () => carol.chat.getTotalUnreadMessageCount() === 2);
      await carol.chat.setAllMessageRead();
      await until('nothing', () => carol.chat.getTotalUnreadMessageCount() === 0);
      const again = await carol.again(sdk);
      assert.deepEqual((await again.conversations()).map((one) => one.unreadCount), [0, 0]);
    });

    test('read receipts of single messages', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      const sent = await alice.send(bob.id, 'please confirm', { needReadReceipt: true });
      const plain = await alice.send(bob.id, 'no matter');
      const got = await bob.arrival(sent);
      assert.equal(got.needReadReceipt, true);
      assert.ok(!(await bob.arrival(plain)).needReadReceipt);
      await bob.chat.sendMessageReadReceipt([got]);
      const [receipt] = await alice.event('MESSAGE_READ_RECEIPT_RECEIVED');
      assert.deepEqual([receipt.messageID, receipt.userID, receipt.isPeerRead], [sent.ID, bob.id, true]);
      const [stored] = await (await alice.again(sdk)).history(bob.id);
      assert.equal(stored.readReceiptInfo.isPeerRead, true);
    });

    test('recalled', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      const kept = await alice.send(bob.id, 'keep');
      const sent = await alice.send(bob.id, 'oops');
      await bob.arrival(sent);
      await alice.chat.revokeMessage(sent);
      assert.equal(sent.isRevoked, true);
      const [recalled] = await bob.event('MESSAGE_REVOKED');
      assert.deepEqual([recalled.ID, recalled.conversationID, recalled.revoker], [sent.ID, `C2C${alice.id}`, alice.id]);
      await bob.unread(alice.id, 1);
      await assert.rejects(bob.chat.revokeMessage(await bob.arrival(kept)), 'a message of the other');
      const again = await bob.again(sdk);
      const stored = await again.history(alice.id);
      assert.equal(stored[0].payload.text, 'keep');
      assert.ok(stored.slice(1).every((message) => message.isRevoked));
      assert.ok(!JSON.stringify(stored).includes('oops'), 'the text is gone');
      assert.equal((await again.conversation(alice.id)).lastMessage.isRevoked, true);
      assert.equal((await again.conversation(alice.id)).unreadCount, 1);
    });

    test('recalled and modified while the other was away', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      await bob.chat.logout();
      const [first, second] = [await alice.send(bob.id, 'first'), await alice.send(bob.id, 'second')];
      await alice.send(bob.id, 'third');
      await alice.chat.revokeMessage(first);
      second.payload.text = 'second, mended';
      await alice.chat.modifyMessage(second);
      await bob.login();
      const texts = (await bob.history(alice.id)).filter((message) => !message.isRevoked).map((message) => message.payload.text);
      assert.deepEqual(texts, ['second, mended', 'third']);
      await bob.unread(alice.id, 2);
    });

    test('modified, by either side', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      const sent = await alice.send(bob.id, 'v1');
      const got = await bob.arrival(sent);
      Object.assign(sent, { cloudCustomData: 'cc' }).payload.text = 'v2';
      await alice.chat.modifyMessage(sent);
      const [seen] = await bob.event('MESSAGE_MODIFIED');
      assert.deepEqual([seen.ID, seen.payload.text, seen.cloudCustomData], [sent.ID, 'v2', 'cc']);
      await until('the list', async () => (await bob.conversation(alice.id)).lastMessage.payload.text === 'v2');
      got.payload.text = 'v3';
      await bob.chat.modifyMessage(got);
      await alice.event('MESSAGE_MODIFIED', ([message]) => message.payload.text === 'v3');
      assert.deepEqual(await (await bob.again(sdk)).historyTexts(alice.id), ['v3']);
    });

    test('deleted for oneself', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      await alice.send(bob.id, 'stay');
      const sent = await alice.send(bob.id, 'gone');
      await bob.arrival(sent);
      await alice.chat.deleteMessage([sent]);
      assert.equal(sent.isDeleted, true);
      const [alices, bobs] = [await alice.again(sdk), await bob.again(sdk)];
      assert.deepEqual(await alices.historyTexts(bob.id), ['stay']);
      assert.deepEqual(await bobs.historyTexts(alice.id), ['stay', 'gone']);
    });

    test('extensions', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      const sent = await alice.send(bob.id, 'e', { isSupportExtension: true });
      const got = await bob.arrival(sent);
      const { data } = await alice.chat.setMessageExtensions(sent, [{ key: 'a', value: '1' }, { key: 'b', value: 'zwei' }]);
      assert.deepEqual(data.extensions.map((one) => one.code), [0, 0]);
      const updated = await bob.event('MESSAGE_EXTENSIONS_UPDATED');
      assert.deepEqual([updated.messageID, updated.extensions.length], [sent.ID, 2]);
      const pairs = async (user, message) => (await user.chat.getMessageExtensions(message)).data.extensions.map(({ key, value }) => `${key}=${value}`).sort();
      assert.deepEqual(await pairs(bob, got), ['a=1', 'b=zwei']);
      await alice.chat.deleteMessageExtensions(sent, ['a']);
      const deleted = await bob.event('MESSAGE_EXTENSIONS_DELETED');
      assert.deepEqual([deleted.messageID, deleted.keyList], [sent.ID, ['a']]);
      assert.deepEqual(await pairs(alice, sent), ['b=zwei']);
      const plain = await alice.send(bob.id, 'without');
      await assert.rejects(async () => alice.chat.setMessageExtensions(plain, [{ key: 'a', value: '1' }]));
    });

    test('reactions', async (t) => {
      const [alice, bob] = await world.users('alice bob', sdk);
      if (!bob.can('addMessageReaction')) return t.skip(`${sdk} has none`);
      const sent = await alice.send(bob.id, 'r');
      const got = await bob.arrival(sent);
      await bob.chat.addMessageReaction(got, 'like');
      const { messageID, reactionList: [first] } = await alice.event('MESSAGE_REACTIONS_UPDATED');
      assert.deepEqual([messageID, first.reactionID, first.totalUserCount, first.partialUserList.map((user) => user.userID)], [sent.ID, 'like', 1, [bob.id]]);
      const { data } = await alice.chat.getMessageReactions({ messageList: [sent], maxUserCountPerReaction: 10 });
      assert.equal(data.resultList[0].reactionList[0].reactedByMyself, false);
      const since = alice.events.length;
      await bob.chat.removeMessageReaction(got, 'like');
      const { reactionList } = await alice.event('MESSAGE_REACTIONS_UPDATED', () => true, since);
      assert.ok(reactionList.every((one) => one.totalUserCount === 0));
    });
  });
}

test('a message is recalled in time only, and the limit is changed while the server runs', async () => {
  const [alice, bob] = await world.users('alice bob');
  world.set('recall_seconds=0');
  const late = await alice.send(bob.id, 'late');
  await until('a moment has passed', () => Date.now() / 1000 > late.time + 1);
  await assert.rejects(alice.chat.revokeMessage(late), { code: 20016 });
  world.set('recall_seconds=120');
  await alice.chat.revokeMessage(late);
  await bob.event('MESSAGE_REVOKED');
});
