// Signing in and out, being kicked, two pages of one user, and the ways to reach the server.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { SDKS, World, until } from './world.mjs';

const { Api } = createRequire(import.meta.url)('tls-sig-api-v2');
let world;
let wide;
before(async () => { [world, wide] = await Promise.all([World.start(), World.start()]); });
after(() => { world.stop(); wide.stop(); });

for (const sdk of SDKS) {
  describe(sdk, { concurrency: true }, () => {
    test('signed in', async () => {
      const alice = await world.visitor('alice', sdk);
      const answer = await alice.login();
      assert.equal(answer.data.errorCode ?? answer.code ?? 0, 0);
      if (alice.can('isReady')) assert.ok(alice.chat.isReady());
      if (alice.can('getLoginUser')) assert.equal(alice.chat.getLoginUser(), alice.id);
      if (alice.can('getServerTime')) assert.ok(Math.abs(alice.chat.getServerTime() - Date.now()) < 60_000);
    });

    test('the first sign-in makes the account', async () => {
      const alice = await world.user('alice', sdk);
      const stranger = await world.user('stranger', sdk, { id: world.name('stranger') });
      await alice.send(stranger.id, 'welcome');
      await stranger.has(alice.id, 'welcome');
    });

    test('signatures that are not good are refused, each with its code', async () => {
      const { signer, sdkappid, key } = world;
      const id = await world.account('alice');
      const signatures = {
        70001: signer.genSig(id, -10),
        70003: 'nonsense',
        70009: new Api(sdkappid, `${key}x`).genSig(id, 3600),
        70013: signer.genSig(await world.account('mallory'), 3600),
        70014: new Api(sdkappid + 1, key).genSig(id, 3600),
      };
      for (const [code, signature] of Object.entries(signatures)) {
        const alice = await world.visitor('alice', sdk, { id });
        await assert.rejects(alice.login(signature), { code: Number(code) });
        assert.ok(!alice.events.some((event) => event.key === 'SDK_READY'));
        await alice.login();
      }
    });

    test('an app that does not exist', async () => {
      const alice = await world.visitor('alice', sdk, { create: { SDKAppID: world.sdkappid + 7 } });
      await assert.rejects(alice.login(new Api(world.sdkappid + 7, world.key).genSig(alice.id, 3600)), ({ code }) => code >= 60_000 && code < 80_000);
    });

    test('signed out and in again on the same page', async () => {
      const [alice, bob] = await world.users('alice bob', sdk);
      await bob.chat.logout();
      await alice.send(bob.id, 'while out');
      assert.deepEqual(bob.received, []);
      await bob.login();
      await bob.unread(alice.id, 1);
      await alice.send(bob.id, 'back');
      await bob.has(alice.id, 'back');
      assert.deepEqual(bob.texts(alice.id), ['back']);
    });

    test('a second sign-in ends the first', async () => {
      const [first, bob] = await world.users('alice bob', sdk);
      const second = await first.again(sdk);
      assert.equal((await first.event('KICKED_OUT')).type, first.types.KICKED_OUT_MULT_ACCOUNT);
      await bob.send(first.id, 'to the second');
      await second.has(bob.id, 'to the second');
      await second.send(bob.id, 'it works');
      await bob.has(first.id, 'it works');
      assert.deepEqual(first.received, []);
      assert.ok(!second.events.some((event) => event.key === 'KICKED_OUT'));
      await first.login();
      assert.equal((await second.event('KICKED_OUT')).type, first.types.KICKED_OUT_MULT_ACCOUNT);
    });

    test('a kick through REST ends the sign-in and its signature', async () => {
      const alice = await world.visitor('alice', sdk);
      const signature = world.signer.genSig(alice.id, 3600);
      await alice.login(signature);
      await world.rest('im_open_login_svc/kick', { UserID: alice.id });
      assert.equal((await alice.event('KICKED_OUT')).type, alice.types.KICKED_OUT_REST_API);
      const again = await world.visitor('alice', sdk, { id: alice.id });
      await assert.rejects(again.login(signature), { code: 70052 });
    });

    test('two pages of one user are in step, once the app allows two', async () => {
      wide.set('web_instances=2');
      const [one, bob] = await wide.users('alice bob', sdk);
      const two = await one.again(sdk);
      const peer = `C2C${bob.id}`;
      const sent = await one.send(bob.id, 'from one');
      const copy = await two.arrival(sent);
      assert.deepEqual([copy.flow, copy.from, copy.to, copy.conversationID], ['out', one.id, bob.id, peer]);
      const answer = await bob.send(one.id, 'to both');
      await Promise.all([one.arrival(answer), two.arrival(answer)]);
      await Promise.all([one.unread(bob.id, 1), two.unread(bob.id, 1)]);
      await one.chat.setMessageRead({ conversationID: peer });
      await two.unread(bob.id, 0);
      await one.chat.revokeMessage(sent);
      await two.event('MESSAGE_REVOKED', ([message]) => message.ID === sent.ID);
      await two.chat.pinConversation({ conversationID: peer, isPinned: true });
      await until('pinned', async () => (await one.conversation(bob.id)).isPinned);
      await two.chat.addToBlacklist({ userIDList: [bob.id] });
      await one.event('BLACKLIST_UPDATED', (list) => list.includes(bob.id));
      await one.chat.updateMyProfile({ nick: 'Both' });
      await until('the profile', async () => (await two.chat.getMyProfile()).data.nick === 'Both');
      await one.chat.deleteConversation({ conversationIDList: [peer], clearHistoryMessage: true });
      await until('deleted', async () => (await two.conversations()).length === 0);
      const three = await one.again(sdk);
      assert.equal((await one.event('KICKED_OUT')).type, one.types.KICKED_OUT_MULT_ACCOUNT, 'the oldest of three goes');
      await wide.rest('im_open_login_svc/kick', { UserID: one.id });
      for (const page of [two, three]) assert.equal((await page.event('KICKED_OUT')).type, page.types.KICKED_OUT_REST_API);
    });
  });
}

describe('one connection is kept', { concurrency: true }, () => {
  for (const sdk of SDKS) {
    test(`${sdk}: of a page that was kicked, or is of no app`, { timeout: 40_000 }, async () => {
      const kicked = await world.user('alice', sdk);
      const lost = await world.visitor('lost', sdk, { create: { SDKAppID: world.sdkappid + 9 } });
      await kicked.again(sdk);
      await kicked.event('KICKED_OUT');
      // SDKs send a heartbeat after ten seconds of silence, and dial again at once when it fails.
      const since = Date.now();
      await until('a heartbeat', () => Date.now() - since > 12_000, 30_000);
      for (const page of [kicked, lost]) assert.ok(page.sockets.length <= 2, `${page.sockets.length} connections`);
    });
  }
});

describe('ways to reach the server', { concurrency: true }, () => {
  for (const sdk of SDKS.filter((name) => name !== 'lite-chat')) {
    test(`${sdk}: text frames, and prefixes of the path`, async () => {
      const plain = await world.user('plain', sdk, { create: { devMode: true } });
      const nested = await world.user('nested', sdk, { prefix: '/im/v1' });
      const deep = await world.user('deep', sdk, { prefix: '/a/b/c', create: { devMode: true } });
      assert.match(plain.sockets[0].url, /\/info\?/);
      assert.match(nested.sockets[0].url, /\/im\/v1\/binfo\?/);
      for (const [from, to] of [[plain, nested], [nested, deep], [deep, plain]]) {
        await from.send(to.id, `hello 中文 ${'x'.repeat(5_000)}`);
        await to.has(from.id, `hello 中文 ${'x'.repeat(5_000)}`);
        assert.equal((await to.history(from.id)).length, 1);
      }
    });
  }
});
