import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { World, until } from './world.mjs';

let world;
before(async () => { world = await World.start(); });
after(() => world.stop());

test('a lost socket loses and repeats nothing', async () => {
  const [alice, bob] = [await world.user('alice'), await world.user('bob')];
  await alice.send(bob.id, 'before');
  await until('the first', () => bob.received.length === 1);
  await bob.settled();
  bob.sockets.at(-1).terminate();
  const sent = ['before'];
  for (let at = 0; at < 10; at++) { sent.push(`gap${at}`); await alice.send(bob.id, `gap${at}`); }
  await until('all of them', () => bob.received.length >= 11);
  assert.deepEqual(bob.texts(), sent);
});

for (const signal of ['SIGKILL', 'SIGTERM']) {
  test(`after ${signal} clients come back by themselves with everything`, async () => {
    const [alice, bob] = [await world.user('alice'), await world.user('bob')];
    await alice.send(bob.id, 'before');
    await until('the first', () => bob.received.length === 1);
    await Promise.all([alice.settled(), bob.settled()]);
    await world.restart(signal);
    await until('alice sends again', () => alice.send(bob.id, 'after').then(() => true, () => false), 60_000);
    await until('bob has it', () => bob.texts().includes('after'), 60_000);
    assert.deepEqual([...new Set(bob.texts())], ['before', 'after']);
    assert.equal(bob.texts().filter((text) => text === 'before').length, 1);
  });
}

test('a second sign-in ends the first, until the app allows two', async () => {
  const first = await world.user('carol');
  const second = await world.user('carol', 'chat', { id: first.id });
  const kicked = await first.event('KICKED_OUT');
  assert.equal(kicked.data.type, first.SDK.TYPES.KICKED_OUT_MULT_ACCOUNT);
  world.set('web_instances=2');
  const third = await world.user('carol', 'chat', { id: first.id });
  const bob = await world.user('bob');
  await third.send(bob.id, 'from one');
  await until('the copy', () => second.texts().includes('from one'));
  await world.rest('im_open_login_svc/kick', { UserID: first.id });
  for (const one of [second, third]) {
    assert.equal((await one.event('KICKED_OUT')).data.type, one.SDK.TYPES.KICKED_OUT_REST_API);
  }
});
