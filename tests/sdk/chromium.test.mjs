// A picture sent by one page and shown by another, in a real browser and from another origin than the server's.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { World } from './world.mjs';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
// The console's tests bring what drives the browser.
const { chromium } = createRequire(new URL('../../web/package.json', import.meta.url))('playwright-core');
const script = (name) => fileURLToPath(new URL(`./node_modules/${name}`, import.meta.url));

let world;
let browser;
// An application's page: another port is another origin.
const elsewhere = createServer((_, answer) => {
  answer.setHeader('content-type', 'text/html');
  answer.end('<!DOCTYPE html><title>app</title><body></body>');
});
before(async () => {
  world = await World.start();
  await new Promise((done) => { elsewhere.listen(0, '127.0.0.1', done); });
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] });
});
after(async () => {
  await browser?.close();
  elsewhere.close();
  world.stop();
});

/** A page of an application elsewhere, with a user signed in. Nothing but the server is reached. */
async function pageOf(hint) {
  const id = await world.account(hint);
  const context = await browser.newContext();
  const page = await context.newPage();
  const outside = [];
  const app = `127.0.0.1:${elsewhere.address().port}`;
  await page.route('**/*', (route) => {
    const { host } = new URL(route.request().url());
    if (host === world.address || host === app) return route.continue();
    outside.push(route.request().url());
    return route.abort();
  });
  await page.goto(`http://${app}/`);
  await page.addScriptTag({ path: script('@tencentcloud/chat/index.js') });
  await page.addScriptTag({ path: script('tim-upload-plugin/index.js') });
  await page.evaluate(async ({ id, sig, sdkappid, address }) => {
    const chat = TencentCloudChat.create({ SDKAppID: sdkappid, proxyServer: `ws://${address}` });
    chat.setLogLevel(4);
    chat.registerPlugin({ 'tim-upload-plugin': TIMUploadPlugin });
    Object.assign(window, { chat, received: [] });
    chat.on(TencentCloudChat.EVENT.MESSAGE_RECEIVED, ({ data }) => received.push(...data));
    const ready = new Promise((done) => { chat.on(TencentCloudChat.EVENT.SDK_READY, done); });
    await chat.login({ userID: id, userSig: sig });
    await ready;
  }, { id, sig: world.signer.genSig(id, 86_400), sdkappid: world.sdkappid, address: world.address });
  return { id, page, outside };
}

test('a picture goes from page to page', async () => {
  const [alice, bob] = [await pageOf('alice'), await pageOf('bob')];
  const sent = await alice.page.evaluate(async (to) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 1500, height: 900 });
    const pen = canvas.getContext('2d');
    for (let at = 0; at < 1500; at += 1) {
      pen.fillStyle = `hsl(${at % 360} 80% 50%)`;
      pen.fillRect(at, 0, 1, 900);
    }
    const blob = await new Promise((done) => { canvas.toBlob(done, 'image/png'); });
    const file = new File([blob], 'stripes.png', { type: 'image/png' });
    const message = chat.createImageMessage({ to, conversationType: 'C2C', payload: { file } });
    await chat.sendMessage(message);
    return { ID: message.ID, size: blob.size };
  }, bob.id);
  await bob.page.waitForFunction((id) => received.some((one) => one.ID === id), sent.ID);
  const shown = await bob.page.evaluate(async (id) => {
    const { imageInfoArray } = received.find((one) => one.ID === id).payload;
    return Promise.all(imageInfoArray.map(async ({ type, url, width, height, size }) => {
      const picture = Object.assign(new Image(), { src: url });
      await picture.decode();
      const bytes = (await (await fetch(url)).arrayBuffer()).byteLength;
      return { type, said: [width, height], is: [picture.naturalWidth, picture.naturalHeight], size, bytes };
    }));
  }, sent.ID);
  const [original, small, large] = [0, 1, 2].map((type) => shown.find((one) => one.type === type));
  for (const one of shown) assert.deepEqual(one.said, one.is);
  assert.deepEqual([original.is, small.is, large.is], [[1500, 900], [330, 198], [1200, 720]]);
  assert.deepEqual([original.size, original.bytes], [sent.size, sent.size]);
  assert.deepEqual([...alice.outside, ...bob.outside], []);
});

test('a page that was uploaded runs nothing', async () => {
  const [alice, bob] = [await pageOf('alice'), await pageOf('bob')];
  const url = await alice.page.evaluate(async (to) => {
    const file = new File(['<script>document.title = "ran"</script>'], 'page.html', { type: 'text/html' });
    const message = chat.createFileMessage({ to, conversationType: 'C2C', payload: { file } });
    await chat.sendMessage(message);
    return message.payload.fileUrl;
  }, bob.id);
  const download = bob.page.waitForEvent('download');
  await bob.page.evaluate((address) => { location.href = address; }, url);
  assert.equal((await download).suggestedFilename().endsWith('.html'), true);
  assert.notEqual(await bob.page.title(), 'ran');
});
