// What is sent is what arrives: every kind of message, their order, and what is refused.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SDKS, World, until } from './world.mjs';

let world;
before(async () => { world = await World.start(); });
after(() => world.stop());

const numbers = (count, word = 'n') => Array.from({ length: count }, (_, at) => `${word}${at}`);
const MANNERS = [
  'plain', 'ünïcödé 中文 العربية', '😀👩‍👩‍👧🏳️‍🌈', '[TUIEmoji_Smile]', '"quotes" \\ / <b>&amp;</b> \u0001', 'line\nline\r\n\ttab ',
  '   ', '0', 'null', '{"head":{}}', `${'x'.repeat(10_000)}`, '中'.repeat(3_400),
];

for (const sdk of SDKS) {
  describe(sdk, { concurrency: true }, () => {
    test('text arrives unchanged, with the same id, time and numbers', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      for (const text of MANNERS) {
        const sent = await alice.send(bob.id, text, { cloudCustomData: '{"k":"ü"}' });
        assert.equal(sent.status, 'success');
        const got = await bob.arrival(sent);
        const { from, to, conversationID, type, flow, cloudCustomData, time, sequence, random } = got;
        assert.equal(got.payload.text, text);
        assert.deepEqual({ from, to, conversationID, type, flow, cloudCustomData, time, sequence, random }, {
          from: alice.id, to: bob.id, conversationID: `C2C${alice.id}`, type: bob.types.MSG_TEXT, flow: 'in',
          cloudCustomData: '{"k":"ü"}', time: sent.time, sequence: sent.sequence, random: sent.random,
        });
        assert.ok(Math.abs(time - Date.now() / 1000) < 60, 'the time is the present');
      }
      await bob.send(alice.id, 'done');
      await alice.has(bob.id, 'done');
      assert.deepEqual(alice.texts(bob.id), ['done'], 'the sender hears nothing of its own messages');
      assert.deepEqual(bob.texts(alice.id), MANNERS);
      assert.deepEqual(await bob.historyTexts(alice.id), [...MANNERS, 'done']);
    });

    test('custom, face and location messages, there and in the history', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      const sent = [];
      for (const [kind, payload] of [
        ['Custom', { data: 'd', description: 'e', extension: 'x' }],
        ['Custom', { data: '{"businessID":"x","n":1.50}', description: '', extension: '' }],
        ['Custom', { data: '', description: 'only this', extension: '' }],
        ['Face', { index: 7, data: 'face' }],
        ['Face', { index: 0, data: '' }],
        ['Location', { description: 'here', longitude: -12.25, latitude: 48.5 }],
        ['Location', { description: '', longitude: 0, latitude: 0 }],
      ]) sent.push(await alice.sendAs(kind, bob.id, payload));
      for (const message of sent) assert.deepEqual((await bob.arrival(message)).payload, message.payload);
      const stored = (await (await bob.again(sdk)).history(alice.id)).map(({ ID, type, payload }) => ({ ID, type, payload }));
      assert.deepEqual(stored, sent.map(({ ID, type, payload }) => ({ ID, type, payload })));
    });

    test('forwarded messages, and merged ones small and large', async () => {
      const [alice, bob, carol] = await world.users('alice bob carol', sdk);
      const one = await alice.send(bob.id, 'one 😀');
      const got = await bob.arrival(one);
      const forwarded = bob.chat.createForwardMessage({ to: carol.id, conversationType: 'C2C', payload: got });
      await bob.chat.sendMessage(forwarded);
      const { payload, from } = await carol.arrival(forwarded);
      assert.deepEqual([payload.text, from], ['one 😀', bob.id]);

      const long = await bob.arrival(await alice.send(bob.id, 'L'.repeat(7_000)));
      const merge = (messageList) => bob.sendAs('Merger', carol.id, { messageList, title: 'Title', abstractList: ['a', 'b'], compatibleText: 'old' });
      const texts = (message) => message.payload.messageList.map((entry) => entry.messageBody[0].payload.text);
      const small = await carol.arrival(await merge([got]));
      assert.deepEqual([small.payload.title, small.payload.abstractList, small.payload.compatibleText, texts(small)], ['Title', ['a', 'b'], 'old', ['one 😀']]);
      const large = await carol.arrival(await merge([long, got, long]));
      assert.ok(large.payload.downloadKey, 'it travels by key');
      await carol.chat.downloadMergerMessage(large);
      assert.deepEqual(texts(large), ['L'.repeat(7_000), 'one 😀', 'L'.repeat(7_000)]);
      // A merged message in a merged message.
      const nested = await carol.sendAs('Merger', alice.id, { messageList: [small], title: 'Outer', abstractList: ['a'], compatibleText: 'old' });
      const outer = await alice.arrival(nested);
      assert.equal(outer.payload.messageList[0].messageBody[0].payload.title, 'Title');
      // What travels by key is still there for whoever comes later.
      const back = await carol.again(sdk);
      const stored = (await back.history(bob.id)).at(-1);
      await back.chat.downloadMergerMessage(stored);
      assert.equal(texts(stored)[1], 'one 😀');
    });

    test('a burst arrives once, in order, and stays so in both histories', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      const sent = numbers(200);
      await Promise.all(sent.map((text) => alice.send(bob.id, text)));
      await bob.has(alice.id, 'n199');
      assert.deepEqual(bob.texts(alice.id), sent);
      bob.received.forEach((message, at) => assert.ok(at === 0 || message.time >= bob.received[at - 1].time, 'times go on'));
      for (const [one, other] of [[alice, bob], [bob, alice]]) {
        assert.deepEqual(await one.historyTexts(other.id), sent);
        const fresh = await one.again(sdk);
        assert.deepEqual(await fresh.historyTexts(other.id), sent);
      }
    });

    test('both ways at once', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      const say = async (from, to) => { for (const text of numbers(40, from.id)) await from.send(to.id, text); };
      await Promise.all([say(alice, bob), say(bob, alice)]);
      for (const [one, other] of [[alice, bob], [bob, alice]]) {
        await one.has(other.id, `${other.id}39`);
        assert.deepEqual(one.texts(other.id), numbers(40, other.id));
      }
      const seen = (await (await alice.again(sdk)).history(bob.id)).map((message) => message.ID);
      assert.deepEqual((await (await bob.again(sdk)).history(alice.id)).map((message) => message.ID), seen, 'both see one order');
      assert.equal(new Set(seen).size, 80);
    });

    test('to oneself', async () => {
      const alice = await world.user('alice', sdk);
      await alice.send(alice.id, 'note');
      await alice.send(alice.id, 'another');
      const again = await alice.again(sdk);
      assert.deepEqual(await again.historyTexts(alice.id), ['note', 'another']);
      const conversation = await again.conversation(alice.id);
      assert.deepEqual([conversation.lastMessage.payload.text, conversation.unreadCount], ['another', 0]);
    });

    test('what is refused has its code, and leaves nothing', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      await assert.rejects(alice.send(world.name('nobody'), 'x'), { code: 20003 });
      await assert.rejects(alice.send(bob.id, 'x'.repeat(13_000)), { code: 93000 });
      await assert.rejects(alice.send(bob.id, '中'.repeat(4_200)), { code: 93000 });
      await bob.chat.addToBlacklist({ userIDList: [alice.id] });
      await assert.rejects(alice.send(bob.id, 'blocked'), { code: 20007 });
      await bob.chat.removeFromBlacklist({ userIDList: [alice.id] });
      const failed = alice.text(bob.id, 'y'.repeat(13_000));
      await assert.rejects(alice.chat.sendMessage(failed));
      assert.equal(failed.status, 'fail');
      await alice.send(bob.id, 'heard');
      await bob.has(alice.id, 'heard');
      assert.deepEqual(bob.texts(alice.id), ['heard']);
      assert.deepEqual(await (await bob.again(sdk)).historyTexts(alice.id), ['heard']);
    });

    test('for those online only, and those that count for nothing', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      await alice.send(bob.id, 'stored');
      await alice.send(bob.id, 'fleeting', {}, { onlineUserOnly: true });
      const silent = { messageControlInfo: { excludedFromUnreadCount: true, excludedFromLastMessage: true } };
      await alice.send(bob.id, 'silent', {}, silent);
      await bob.has(alice.id, 'silent');
      assert.deepEqual(bob.texts(alice.id), ['stored', 'fleeting', 'silent']);
      const again = await bob.again(sdk);
      await again.unread(alice.id, 1);
      assert.equal((await again.conversation(alice.id)).lastMessage.payload.text, 'stored');
      assert.deepEqual(await again.historyTexts(alice.id), ['stored', 'silent']);
    });

    test('sent through REST', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      const bodies = [{ MsgType: 'TIMTextElem', MsgContent: { Text: 'by rest' } }, { MsgType: 'TIMFaceElem', MsgContent: { Index: 1, Data: 'f' } }];
      await world.rest('openim/sendmsg', { SyncOtherMachine: 1, From_Account: alice.id, To_Account: bob.id, MsgRandom: 5, MsgBody: bodies, CloudCustomData: 'c' });
      await bob.has(alice.id, 'by rest');
      const [{ from, flow, cloudCustomData }] = bob.received;
      assert.deepEqual({ from, flow, cloudCustomData }, { from: alice.id, flow: 'in', cloudCustomData: 'c' });
      await until('the copy', () => alice.received.length === 1);
      assert.deepEqual([alice.received[0].flow, alice.received[0].conversationID], ['out', `C2C${bob.id}`]);
      await world.rest('openim/sendmsg', { SyncOtherMachine: 2, From_Account: alice.id, To_Account: bob.id, MsgRandom: 6, MsgBody: bodies.slice(0, 1) });
      await until('the second', () => bob.received.length === 2);
    });
  });
}
