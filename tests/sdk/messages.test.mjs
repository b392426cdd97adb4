import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { World, until } from './world.mjs';

let world;
before(async () => { world = await World.start(); });
after(() => world.stop());

for (const sdk of ['chat', 'tim-js-sdk', 'lite-chat']) {
  test(`${sdk}: a burst arrives once, in order, and stays in the history of both`, async () => {
    const [alice, bob] = [await world.user('alice', sdk), await world.user('bob', sdk)];
    const sent = Array.from({ length: 40 }, (_, at) => `n${at} 中文 😀`);
    await Promise.all(sent.map((text) => alice.send(bob.id, text)));
    await until('all of them', () => bob.received.length >= 40);
    assert.deepEqual(bob.texts(), sent);
    for (const [one, other] of [[alice, bob], [bob, alice]]) {
      assert.deepEqual((await one.history(other.id)).map((message) => message.payload.text), sent);
    }
  });

  test(`${sdk}: what came while away is unread at the next sign-in`, async () => {
    const alice = await world.user('alice', sdk);
    const bob = world.name('bob');
    await world.rest('im_open_login_svc/account_import', { UserID: bob });
    for (const text of ['one', 'two', 'three']) await alice.send(bob, text);
    const back = await world.user('bob', sdk, { id: bob });
    await until('three unread', async () => (await back.conversation(alice.id))?.unreadCount === 3);
    await back.chat.setMessageRead({ conversationID: `C2C${alice.id}` });
    await alice.event('MESSAGE_READ_BY_PEER');
  });
}

test('what is refused has its code', async () => {
  const [alice, bob] = [await world.user('alice'), await world.user('bob')];
  await assert.rejects(alice.send(world.name('nobody'), 'x'), { code: 20003 });
  await assert.rejects(alice.send(bob.id, 'x'.repeat(13_000)), { code: 93000 });
  await bob.chat.addToBlacklist({ userIDList: [alice.id] });
  await assert.rejects(alice.send(bob.id, 'x'), { code: 20007 });
});

test('groups are answered, not left hanging', async () => {
  const alice = await world.user('alice');
  assert.deepEqual((await alice.chat.getGroupList()).data.groupList, []);
  await assert.rejects(alice.chat.createGroup({ type: alice.SDK.TYPES.GRP_WORK, name: 'g' }));
});

test('a message is recalled in time only', async () => {
  const [alice, bob] = [await world.user('alice'), await world.user('bob')];
  await alice.chat.revokeMessage(await alice.send(bob.id, 'oops'));
  await bob.event('MESSAGE_REVOKED');
  world.set('recall_seconds=0');
  const late = await alice.send(bob.id, 'late');
  await until('a moment has passed', () => Date.now() / 1000 > late.time + 1);
  await assert.rejects(alice.chat.revokeMessage(late), { code: 20016 });
  world.set('recall_seconds=120');
});

test('text framing and a path prefix work as well', async () => {
  const plain = await world.user('plain', 'chat', { create: { devMode: true } });
  const nested = await world.user('nested', 'chat', { prefix: '/im/v1' });
  await plain.send(nested.id, 'hello');
  await until('the message', () => nested.texts().includes('hello'));
});
