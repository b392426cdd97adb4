// Connections that are lost, and servers that end: clients come back by themselves, with everything, once, in order.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { SDKS, World, until } from './world.mjs';

const worlds = [];
const start = async () => {
  const world = await World.start('hello_interval=5');
  worlds.push(world);
  return world;
};
after(() => { for (const world of worlds) world.stop(); });

/** Sends until told to stop; what was acknowledged is in `sent`, what never was in `lost`. */
function stream(from, to, word) {
  const state = { sent: [], lost: [], running: true };
  state.done = (async () => {
    for (let at = 0; state.running; at += 1) {
      const text = `${word}${at}`;
      await from.send(to.id, text).then(() => state.sent.push(text), () => state.lost.push(text));
      await new Promise((done) => setTimeout(done, 10));
    }
  })();
  state.stop = async () => { state.running = false; await state.done; };
  return state;
}

/** SDKs do not take up a connection again at once that was younger than a second. */
const aged = ({ sockets }) => Date.now() - sockets.at(-1).since > 1300;

/** Nothing acknowledged is missing, nothing comes twice, and all is in the order it was sent. */
function whole(texts, { sent, lost }, what) {
  const at = (text) => Number(text.replace(/\D/g, ''));
  assert.deepEqual(texts.filter((text) => !lost.includes(text)), sent, what);
  assert.equal(new Set(texts).size, texts.length, `${what}: repeats`);
  assert.deepEqual(texts, [...texts].sort((a, b) => at(a) - at(b)), `${what}: order`);
}

describe('a lost connection', { concurrency: true }, () => {
  let world;
  const ready = start().then((one) => { world = one; });

  for (const sdk of SDKS) {
    test(`${sdk}: of the receiver, while much is sent`, async () => {
      await ready;
      const [alice, bob] = await world.users('alice bob', sdk);
      await alice.send(bob.id, 'w0');
      await bob.has(alice.id, 'w0');
      await bob.drop();
      const sent = ['w0'];
      for (let at = 1; at <= 30; at += 1) { await alice.send(bob.id, `w${at}`); sent.push(`w${at}`); }
      await bob.has(alice.id, 'w30');
      assert.deepEqual(bob.texts(alice.id), sent);
      assert.ok(bob.events.some(({ key, data }) => key === 'NET_STATE_CHANGE' && data.state === 'connected'));
      await bob.send(alice.id, 'and back');
      await alice.has(bob.id, 'and back');
    });

    test(`${sdk}: for long, with much from two meanwhile`, async () => {
      await ready;
      const [alice, carol, bob] = await world.users('alice carol bob', sdk);
      const sent = { [alice.id]: ['m0'], [carol.id]: ['m0'] };
      for (const peer of [alice, carol]) await peer.send(bob.id, 'm0');
      for (const peer of [alice, carol]) await bob.has(peer.id, 'm0');
      await bob.unplug();
      for (const [peer, count] of [[alice, 220], [carol, 20], [alice, 5]]) {
        const words = Array.from({ length: count }, (_, at) => `m${sent[peer.id].length + at}`);
        sent[peer.id].push(...words);
        const messages = await Promise.all(words.map((text) => peer.send(bob.id, text)));
        await until('the next second', () => Date.now() / 1000 > messages.at(-1).time + 1);
      }
      bob.plug();
      for (const peer of [alice, carol]) {
        await bob.has(peer.id, sent[peer.id].at(-1));
        await peer.send(bob.id, 'after');
        await bob.has(peer.id, 'after');
        assert.deepEqual(bob.texts(peer.id), [...sent[peer.id], 'after']);
        // lite-chat 4.2.1 adds the counts it is told to those it has.
        if (sdk !== 'lite-chat') await bob.unread(peer.id, sent[peer.id].length + 1);
      }
    });

    test(`${sdk}: of the sender, while it sends`, async () => {
      await ready;
      const [alice, bob] = await world.users('alice bob', sdk);
      const words = stream(alice, bob, 's');
      for (let round = 0; round < 3; round += 1) await alice.drop();
      await until('more', () => words.sent.length > 100);
      await words.stop();
      await alice.send(bob.id, 's999999');
      await bob.has(alice.id, 's999999');
      words.sent.push('s999999');
      assert.deepEqual(words.lost, []);
      whole(bob.texts(alice.id), words, 'received');
      whole(await (await bob.again(sdk)).historyTexts(alice.id), words, 'stored');
    });

    test(`${sdk}: what was delivered is not told again, though the client forgot it`, async () => {
      await ready;
      const [alice, bob] = await world.users('alice bob', sdk);
      for (const text of ['old0', 'old1', 'old2']) await alice.send(bob.id, text);
      await bob.has(alice.id, 'old2');
      await bob.history(alice.id);
      await bob.chat.deleteConversation({ conversationIDList: [`C2C${alice.id}`], clearHistoryMessage: true });
      for (const text of ['new0', 'new1']) {
        await bob.drop();
        await alice.send(bob.id, text);
        await bob.has(alice.id, text);
      }
      assert.deepEqual(bob.texts(alice.id), ['old0', 'old1', 'old2', 'new0', 'new1']);
    });

    test(`${sdk}: a recall and a change meanwhile are learnt`, async () => {
      await ready;
      const [alice, bob] = await world.users('alice bob', sdk);
      const sent = await alice.send(bob.id, 'oops');
      await bob.arrival(sent);
      await bob.drop();
      await alice.chat.revokeMessage(sent);
      await bob.event('MESSAGE_REVOKED', ([message]) => message.ID === sent.ID);
    });
  }
});

for (const signal of ['SIGKILL', 'SIGTERM']) {
  describe(`${signal} and a new start, with clients connected`, { concurrency: true }, () => {
    const together = {};
    const shared = (async () => {
      const world = await start();
      const pairs = await Promise.all(SDKS.map(async (sdk) => [sdk, await world.users('alice bob', sdk)]));
      for (const [sdk, [alice, bob]] of pairs) together[sdk] = { alice, bob, words: stream(alice, bob, 'k') };
      await until('much was sent', () => Object.values(together).every(({ words }) => words.sent.length > 30));
      await until('older connections', () => pairs.flatMap(([, users]) => users).every(aged));
      await world.restart(signal);
      return world;
    })();

    for (const sdk of SDKS) {
      test(sdk, { timeout: 90_000 }, async () => {
        const world = await shared;
        const { alice, bob, words } = together[sdk];
        const before = words.sent.length;
        await until('alice sends again', () => words.sent.length > before + 20, 60_000);
        await words.stop();
        const last = 'k999999';
        await alice.send(bob.id, last);
        words.sent.push(last);
        await bob.has(alice.id, last);
        whole(bob.texts(alice.id), words, 'received');
        await bob.send(alice.id, 'and back');
        await alice.has(bob.id, 'and back');
        const stored = await (await world.user('bob', sdk, { id: bob.id })).historyTexts(alice.id);
        whole(stored.filter((text) => text !== 'and back'), words, 'stored');
      });
    }
  });
}

const OLD = Array.from({ length: 40 }, (_, at) => `old${at}`);

describe('an outage, in which clients dial in vain', { concurrency: true }, () => {
  let world;
  const users = {};
  const ready = (async () => {
    world = await start();
    for (const sdk of SDKS) {
      const [alice, bob, carol] = await world.users('alice bob carol', sdk);
      for (const peer of [alice, carol]) {
        for (const text of OLD) await peer.send(bob.id, text);
        await bob.has(peer.id, OLD.at(-1));
      }
      // What the client has forgotten it would take for new.
      await bob.chat.getMessageList({ conversationID: `C2C${alice.id}` });
      await bob.chat.deleteConversation({ conversationIDList: [`C2C${carol.id}`], clearHistoryMessage: false });
      users[sdk] = { alice, bob, carol };
    }
    const all = Object.values(users).flatMap(({ alice, bob, carol }) => [alice, bob, carol]);
    await until('older connections', () => all.every(aged));
    const opened = new Map(all.map((user) => [user, user.sockets.length]));
    await world.end('SIGKILL');
    await until('refused connections', () => all.every((user) => user.sockets.length > opened.get(user) && user.sockets.at(-1).readyState === 3));
    await world.serve(world.address);
  })();

  for (const sdk of SDKS) {
    test(`${sdk}: all come back, and what was delivered is not told again`, { timeout: 60_000 }, async () => {
      await ready;
      const { alice, bob, carol } = users[sdk];
      await Promise.all([alice, bob, carol].map((user) => until(`${user.id} is back`, () => user.sockets.at(-1).readyState === 1, 50_000)));
      for (const peer of [alice, carol]) {
        for (const text of ['new0', 'new1']) {
          await peer.send(bob.id, text);
          await bob.has(peer.id, text);
        }
        assert.deepEqual(bob.texts(peer.id), [...OLD, 'new0', 'new1']);
      }
    });
  }
});
