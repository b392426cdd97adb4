// Pushes to all users: at once, at the next sign-in, after the server was killed in the middle.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SDKS, World, until } from './world.mjs';

let world;
before(async () => { world = await World.start(); });
after(() => world.stop());

const notice = 'notice';
let random = 0;

/** Pushes a text to who has a tag, or to all. */
async function push(text, MsgLifeTime, tag) {
  random += 1;
  const body = { From_Account: notice, MsgRandom: random, MsgLifeTime, MsgBody: [{ MsgType: 'TIMTextElem', MsgContent: { Text: text } }] };
  if (tag) body.Condition = { TagsOr: [tag] };
  return until('the push is taken', async () => {
    try { return (await world.rest('all_member_push/im_push', body)).TaskId; } catch (error) {
      if (!error.message.includes('90024')) throw error;
      return undefined;
    }
  });
}

const state = async (task) => (await world.rest('all_member_push/im_get_push_report', { TaskIds: [task] })).Reports[0];
const finished = (task) => until('the push is finished', async () => (await state(task)).Status === 2);

for (const sdk of SDKS) {
  describe(sdk, () => {
    test('who is there gets it at once, who is not at the next sign-in, nobody twice', async () => {
      const [id, tag] = [await world.account('bob'), `tag-${sdk}`];
      const alice = await world.user('alice', sdk);
      await world.rest('all_member_push/im_add_tag', { UserTags: [alice.id, id].map((To_Account) => ({ To_Account, Tags: [tag] })) });
      await finished(await push('only now', 0, tag));
      await finished(await push('also later', 600, tag));
      await alice.has(notice, 'also later');
      const bob = await world.user('bob', sdk, { id });
      await bob.has(notice, 'also later');
      await bob.send(alice.id, 'after it');
      await alice.has(bob.id, 'after it');
      assert.deepEqual(alice.texts(notice), ['only now', 'also later']);
      assert.deepEqual(bob.texts(notice), ['also later']);
      const again = await bob.again(sdk);
      await alice.send(bob.id, 'still here');
      await again.has(alice.id, 'still here');
      assert.deepEqual(again.texts(notice), []);
    });
  });
}

test('a killed server goes on where it was, and nobody gets it twice', async () => {
  const names = Array.from({ length: 4000 }, (_, number) => `many-${number}`);
  for (let from = 0; from < names.length; from += 100) {
    await world.rest('im_open_login_svc/multiaccount_import', { Accounts: names.slice(from, from + 100) });
  }
  const first = await world.user('first', 'chat', { id: names[10] });
  const last = await world.user('last', 'chat', { id: names[3990] });
  const task = await push('over a kill', 3600);
  await until('some had their turn', async () => (await state(task)).Finished > 0);
  await world.restart('SIGKILL');
  await finished(task);
  const report = await state(task);
  assert.equal(report.Finished, report.Total);
  assert.ok(report.Total >= names.length);
  for (const user of [first, last]) await user.has(notice, 'over a kill');
  const away = await world.user('away', 'chat', { id: names[2000] });
  await away.has(notice, 'over a kill');
  await first.send(last.id, 'afterwards');
  await last.has(first.id, 'afterwards');
  for (const user of [first, last, away]) assert.deepEqual(user.texts(notice), ['over a kill'], user.id);
});
