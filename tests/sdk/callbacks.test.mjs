// Callbacks: what the app's own server answers reaches the SDKs, and what it is told survives a kill.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { SDKS, World, until } from './world.mjs';

const fine = { ActionStatus: 'OK', ErrorInfo: '', ErrorCode: 0 };
const calls = [];
let answers = {};
let hook;
let world;

before(async () => {
  hook = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => { text += part; });
    request.on('end', () => {
      const body = JSON.parse(text);
      calls.push(body);
      const answer = answers[body.CallbackCommand] ?? fine;
      if (typeof answer === 'number') response.writeHead(answer).end();
      else response.end(JSON.stringify(answer));
    });
  });
  await new Promise((done) => hook.listen(0, '127.0.0.1', done));
  world = await World.start(`callback_url=http://127.0.0.1:${hook.address().port}/im`, 'callbacks=all');
});
after(() => { world.stop(); hook.close(); hook.closeAllConnections(); });

const refusal = (ErrorCode) => ({ ActionStatus: 'OK', ErrorInfo: 'house rules', ErrorCode });
const told = (command, text) => calls.filter((body) => body.CallbackCommand === command && body.MsgBody?.[0].MsgContent.Text === text);
const edited = (Text) => ({ ...fine, MsgBody: [{ MsgType: 'TIMTextElem', MsgContent: { Text } }], CloudCustomData: 'seal' });

for (const sdk of SDKS) {
  describe(sdk, () => {
    test('refusals of messages have their codes, and rewritten messages arrive', async () => {
      answers = {};
      const [alice, bob] = await world.users('alice bob', sdk);
      const command = 'C2C.CallbackBeforeSendMsg';
      for (const [answer, code] of [[1, 20006], [120_001, 120_001], [130_000, 130_000]]) {
        answers[command] = refusal(answer);
        await assert.rejects(alice.send(bob.id, 'no'), { code });
      }
      answers[command] = refusal(2);
      await alice.send(bob.id, 'into the void');
      answers[command] = edited('edited');
      await alice.send(bob.id, 'hi');
      await bob.has(alice.id, 'edited');
      answers = {};
      await alice.send(bob.id, 'plain');
      await bob.has(alice.id, 'plain');
      assert.deepEqual(bob.texts(alice.id), ['edited', 'plain']);
      assert.equal(bob.received.find((message) => message.payload.text === 'edited').cloudCustomData, 'seal');
      await until('both are told', () => told('C2C.CallbackAfterSendMsg', 'plain').some((body) => body.From_Account === alice.id));
    });

    test('refusals in groups have their codes', async () => {
      answers = {};
      const [alice, bob] = await world.users('alice bob', sdk);
      const create = () => alice.chat.createGroup({ type: 'Public', name: 'no', groupID: world.name('g') });
      for (const [answer, code] of [[1, 10016], [10_100, 10_100]]) {
        answers['Group.CallbackBeforeCreateGroup'] = refusal(answer);
        await assert.rejects(create(), { code });
      }
      answers = {};
      const group = await alice.found('Public', [bob]);
      for (const [answer, code] of [[1, 10016], [10_200, 10_200]]) {
        answers['Group.CallbackBeforeSendMsg'] = refusal(answer);
        await assert.rejects(alice.say(group, 'no'), { code });
      }
      answers['Group.CallbackBeforeSendMsg'] = edited('edited');
      await alice.say(group, 'hi');
      await bob.hears(group, 'edited');
      answers = {};
    });
  });
}

test('what was acknowledged is told, although the server is killed again and again', async () => {
  answers = { 'C2C.CallbackAfterSendMsg': 500 };
  const [from, to] = [await world.account('from'), await world.account('to')];
  const sent = [];
  for (let round = 0; round < 3; round += 1) {
    for (let number = 0; number < 20; number += 1) {
      const text = `${round}-${number}`;
      const MsgBody = [{ MsgType: 'TIMTextElem', MsgContent: { Text: text } }];
      await world.rest('openim/sendmsg', { From_Account: from, To_Account: to, MsgRandom: round * 100 + number, MsgBody });
      sent.push(text);
    }
    await world.restart('SIGKILL');
  }
  const since = calls.length;
  answers = {};
  const taken = () => calls.slice(since).filter((body) => body.To_Account === to && body.CallbackCommand === 'C2C.CallbackAfterSendMsg')
    .map((body) => body.MsgBody[0].MsgContent.Text);
  await until('all are told', () => new Set(taken()).size === sent.length, 60_000);
  assert.deepEqual([...new Set(taken())], sent, 'in order');
});
