// Pictures, files, videos and sounds: uploaded by the SDKs' plugin, described in a message, and read again.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SDKS, World } from './world.mjs';

let world;
before(async () => { world = await World.start(); });
after(() => world.stop());

const bytes = (count) => Buffer.from(Array.from({ length: count }, (_, at) => (at * 31 + 7) & 255));
async function download(url, options) {
  const answer = await fetch(url, options);
  assert.ok(answer.ok, `${url}: ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}

// lite-chat asks for its files at https: addresses alone.
for (const sdk of SDKS.filter((name) => name !== 'lite-chat')) {
  describe(sdk, { concurrency: true }, () => {
    const exchange = async (kind, file) => {
      const [alice, bob] = await world.users('alice bob', sdk);
      const sent = await alice.sendAs(kind, bob.id, { file });
      const got = await bob.arrival(sent);
      assert.equal(got.type, sent.type);
      return got.payload;
    };

    test('a picture and its smaller sizes', async () => {
      const data = bytes(5_000);
      const { imageInfoArray, imageFormat } = await exchange('Image', new File([data], 'p.png', { type: 'image/png' }));
      const original = imageInfoArray.find((one) => one.type === 0);
      assert.deepEqual([original.size, original.width, original.height, imageFormat], [5_000, 640, 480, 3]);
      assert.deepEqual(await download(original.url), data);
      for (const size of [1, 2]) assert.ok((await download(imageInfoArray.find((one) => one.type === size).url)).length > 0);
    });

    test('a file, whole and in part', async () => {
      const data = bytes(300_000);
      const payload = await exchange('File', new File([data], 'ünïcödé 文.pdf', { type: 'application/pdf' }));
      assert.deepEqual([payload.fileName, payload.fileSize], ['ünïcödé 文.pdf', 300_000]);
      assert.deepEqual(await download(payload.fileUrl), data);
      const part = await download(payload.fileUrl, { headers: { range: 'bytes=1000-1999' } });
      assert.deepEqual(part, data.subarray(1000, 2000));
    });

    test('a video', async () => {
      const data = bytes(9_000);
      const payload = await exchange('Video', new File([data], 'v.mp4', { type: 'video/mp4' }));
      assert.equal(payload.videoSize, 9_000);
      assert.deepEqual(await download(payload.videoUrl), data);
    });

    test('a sound', async () => {
      const data = bytes(4_000);
      const file = new File([data], 'a.mp3', { type: 'audio/mpeg' });
      const payload = await exchange('Audio', Object.assign(file, { duration: 2 }));
      assert.deepEqual(await download(payload.url), data);
    });

    test('a page of html is not shown as one', async () => {
      const payload = await exchange('File', new File(['<script>alert(1)</script>'], 'x.html', { type: 'text/html' }));
      const answer = await fetch(payload.fileUrl);
      assert.doesNotMatch(answer.headers.get('content-type'), /html/);
      assert.match(answer.headers.get('content-disposition') ?? '', /attachment/);
    });
  });
}

test('an address nobody was given is refused', async () => {
  const [alice, bob] = await world.users('alice bob');
  const message = await alice.sendAs('File', bob.id, { file: new File(['x'], 'x.txt', { type: 'text/plain' }) });
  const { fileUrl } = (await bob.arrival(message)).payload;
  const put = await fetch(fileUrl, { method: 'PUT', body: 'changed' });
  assert.ok(put.status >= 400, `${put.status}`);
  assert.equal((await download(fileUrl)).toString(), 'x');
  const [key] = /[0-9a-f]{40}/.exec(fileUrl);
  assert.equal((await fetch(fileUrl.replace(key, '0'.repeat(40)))).status, 404);
});
