import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { openApp } from './apps.mjs';

const SETTING = 'Profile.CallbackPortraitSet';
const ASKED = 'C2C.CallbackBeforeSendMsg';

/** An app's own server: what it heard, and the status it answers with. */
async function startHook() {
  const hook = { heard: [], status: 200 };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    hook.heard.push({ url: request.url, body: JSON.parse(body) });
    response.writeHead(hook.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ActionStatus: 'OK', ErrorInfo: 'hello, 你好', ErrorCode: 0 }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  hook.url = `http://127.0.0.1:${server.address().port}/im`;
  hook.stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return hook;
}

async function withHook(work) {
  const hook = await startHook();
  try {
    await work(hook);
  } finally {
    hook.stop();
  }
}

async function openCallbacks(v) {
  await openApp(v);
  await v.link('callbacks.title').click();
  await v.page.waitForURL('**/callbacks');
  await v.heading(v.t('callbacks.server.title')).waitFor();
}

function card(v, part) {
  return v.region(v.t(`callbacks.${part}.title`));
}

async function edit(v, part) {
  await v.button('features.edit', { title: v.t(`callbacks.${part}.title`) }).click();
  return card(v, part);
}

/** Asks the console's door in the browser's own session. */
async function ask(v, name, data = {}) {
  const sdkAppId = Number(/apps\/(\d+)/.exec(v.page.url())[1]);
  const reply = await v.page.request.post(`/api/console.${name}`, {
    headers: { 'X-Feihong-Console': '1' },
    data: { sdkAppId, ...data },
  });
  assert.equal(reply.status(), 200, await reply.text());
  return reply.json();
}

async function stored(v, name) {
  const { settings } = await ask(v, 'callback.get');
  return settings.find((setting) => setting.name === name).value;
}

/** Asks REST as the app's backend. */
async function rest(v, command, data) {
  const { sdkAppId, administrators } = await ask(v, 'app.get');
  const identifier = administrators[0];
  const { userSig } = await ask(v, 'usersig.sign', { userId: identifier });
  const query = new URLSearchParams({
    sdkappid: sdkAppId,
    identifier,
    usersig: userSig,
    random: 1,
    contenttype: 'json',
  });
  const reply = await (await v.page.request.post(`/v4/${command}?${query}`, { data })).json();
  assert.equal(reply.ErrorCode, 0, JSON.stringify(reply));
}

/** Waits for what no page shows. */
async function eventually(holds) {
  const end = Date.now() + 8000;
  while (!(await holds())) {
    assert.ok(Date.now() < end, 'it takes too long');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function rows(v, count) {
  await v.page.waitForFunction((wanted) => document.querySelectorAll('tbody tr').length === wanted, count);
}

/** The tab of callbacks. */
export const callbacks = {
  async 'the server of callbacks is set, and events are switched on with the keyboard'(v) {
    await withHook(async (hook) => {
      await openCallbacks(v);
      await v.sees(v.t('callbacks.noUrl'));
      assert.ok(await v.button('callbacks.trial.send').isDisabled());
      await v.sees(v.t('callbackState.recentEmpty'));
      await v.inspect('callbacks-none');

      const server = await edit(v, 'server');
      const url = v.field(v.t('callbacks.server.url'));
      await url.fill('example.com');
      await v.button('part.save').click();
      await v.sees(v.t('callbacks.server.wrong.scheme'));
      await v.inspect('callbacks-server');
      await url.fill(hook.url);
      await server.getByLabel(v.t('callbacks.server.token')).fill('s3cret');
      await server.getByRole('radio', { name: v.t('callbackPolicy.refuse') }).check();
      await server.getByRole('switch', { name: v.t('callbacks.server.retry') }).press('Space');
      await v.button('part.save').click();
      await server.getByText(v.t('part.saved')).waitFor();
      await v.sees(v.t('callbacks.noneOn'));
      assert.deepEqual(
        [
          await stored(v, 'callback_url'),
          await stored(v, 'callback_on_failure'),
          await stored(v, 'callback_retry'),
        ],
        [hook.url, 'refuse', 'false'],
      );
      assert.equal(await stored(v, 'callback_token'), '***');

      const certificate = await edit(v, 'certificate');
      await certificate.getByLabel(v.t('callbacks.certificate.ca')).fill('no certificate');
      await v.button('part.save').click();
      await certificate.getByText(v.t('callbacks.certificate.wrong')).waitFor();
      await v.inspect('callbacks-certificate');
      await v.button('part.cancel').click();

      const events = await edit(v, 'events');
      await v.button('callbacks.events.allOn').click();
      await v.button('callbacks.events.allOff').click();
      const first = events.getByRole('switch', { name: v.t('callbackEvent.State_StateChange.name') });
      assert.ok(!(await first.isChecked()));
      for (const key of ['Profile_CallbackPortraitSet', 'C2C_CallbackBeforeSendMsg']) {
        await events
          .getByRole('switch', { name: v.t(`callbackEvent.${key}.name`), exact: true })
          .press('Space');
      }
      await v.inspect('callbacks-events');
      await v.button('part.save').click();
      await events.getByText(v.t('part.saved')).waitFor();
      assert.equal(await stored(v, 'callbacks'), `${SETTING},${ASKED}`);
      await events.getByText(v.t('callbacks.events.count', { on: 2, all: 35 })).waitFor();
    });
  },

  async 'a sample shows the request and the answer'(v) {
    await withHook(async (hook) => {
      await openCallbacks(v);
      await ask(v, 'callback.set', { settings: { callback_url: hook.url } });
      await v.page.reload();
      const trial = card(v, 'trial');
      await v.button('callbacks.trial.send').click();
      await trial.getByText('你好').waitFor();
      await trial.getByRole('status').waitFor();
      assert.equal(hook.heard[0].body.CallbackCommand, ASKED);
      assert.match(hook.heard[0].url, /&Sign=[0-9a-f]{64}$/);
      await v.inspect('callbacks-trial');
      hook.status = 500;
      await v.field(v.t('callbacks.trial.event')).selectOption('State.StateChange');
      await v.button('callbacks.trial.send').click();
      await trial.getByText(v.t('callbackFailure.status', { status: 500 })).waitFor();
      assert.equal(hook.heard[1].body.CallbackCommand, 'State.StateChange');
      hook.stop();
      await v.button('callbacks.trial.send').click();
      await trial.getByText(v.t('callbackFailure.connect')).waitFor();
      await v.inspect('callbacks-trial-failed');
    });
  },

  async 'what was given up is found, sent again and thrown away'(v) {
    await withHook(async (hook) => {
      await openCallbacks(v);
      await ask(v, 'callback.set', { settings: { callback_url: hook.url } });
      await rest(v, 'im_open_login_svc/account_import', { UserID: 'amy' });
      hook.status = 503;
      for (const name of ['Amy the first', 'Amy the second', 'Amy the third']) {
        const items = [{ Tag: 'Tag_Profile_IM_Nick', Value: name }];
        await rest(v, 'profile/portrait_set', { From_Account: 'amy', ProfileItem: items });
      }
      await eventually(async () => (await ask(v, 'callback.get')).dead === 3);
      await v.page.reload();
      const log = card(v, 'log');
      await log
        .getByText(v.t('callbackFailure.status', { status: 503 }))
        .first()
        .waitFor();
      await log.getByLabel(v.t('callbacks.log.state')).selectOption('dead');
      await rows(v, 3);
      await v.inspect('callbacks-log');
      await log.getByLabel(v.t('apps.search'), { exact: true }).fill('the SECOND');
      await v.page.keyboard.press('Enter');
      await rows(v, 1);
      assert.match(v.page.url(), /state=dead/);
      await v.button('callbacks.log.show').click();
      const dialog = v.page.getByRole('dialog');
      await dialog.getByText('Amy the second').waitFor();
      await v.inspect('callbacks-body');
      await v.page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      hook.status = 200;
      await v.button('callbacks.log.replay').click();
      await log.getByText(v.t('callbacks.log.nothing')).waitFor();
      await eventually(async () => JSON.stringify(hook.heard.slice(3)).includes('Amy the second'));
      await v.button('apps.clear').click();
      await rows(v, 2);

      await v.button('callbacks.log.discardAll').click();
      await dialog.waitFor();
      await v.inspect('callbacks-discard');
      await dialog.getByRole('button', { name: v.t('callbacks.log.discard'), exact: true }).click();
      await log.getByText(v.t('callbackState.deadEmpty')).waitFor();
      assert.equal((await ask(v, 'callback.get')).dead, 0);
      await ask(v, 'callback.set', { settings: { callback_url: '', callbacks: '' } });
    });
  },
};
