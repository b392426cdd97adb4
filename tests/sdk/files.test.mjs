// Pictures, files, videos and sounds: uploaded by the SDKs' plugin, described in a message, and read again.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SDKS, World } from './world.mjs';

let world;
before(async () => { world = await World.start(); });
after(() => world.stop());

const bytes = (count) => Buffer.from(Array.from({ length: count }, (_, at) => (at * 31 + 7) & 255));

/** A bitmap of 640 by 480 pixels, as large as the pages of these tests think every picture is. */
function bitmap() {
  const [width, height] = [640, 480];
  const data = Buffer.alloc(54 + width * height * 3);
  data.write('BM');
  for (const [at, value] of [[2, data.length], [10, 54], [14, 40], [18, width], [22, height]]) data.writeUInt32LE(value, at);
  data.writeUInt16LE(1, 26);
  data.writeUInt16LE(24, 28);
  for (let at = 54; at < data.length; at += 1) data[at] = (at / 5000) & 255;
  return data;
}

/** Width and height of a JPEG, which stand in the first frame header. */
function measured(jpeg) {
  for (let at = 2; at < jpeg.length; at += 2 + jpeg.readUInt16BE(at + 2)) {
    if (jpeg[at + 1] === 0xc0 || jpeg[at + 1] === 0xc2) return [jpeg.readUInt16BE(at + 7), jpeg.readUInt16BE(at + 5)];
  }
  throw new Error('no frame header');
}

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
      const data = bitmap();
      const { imageInfoArray, imageFormat } = await exchange('Image', new File([data], 'p.bmp', { type: 'image/bmp' }));
      const [original, small, large] = [0, 1, 2].map((type) => imageInfoArray.find((one) => one.type === type));
      assert.deepEqual([original.size, original.width, original.height, imageFormat], [data.length, 640, 480, 4]);
      assert.deepEqual(await download(original.url), data);
      const jpeg = await download(small.url);
      assert.deepEqual(measured(jpeg), [small.width, small.height]);
      assert.deepEqual(measured(jpeg), [264, 198]);
      // 480 pixels are less than the large variant has, so the picture serves as it is.
      assert.deepEqual(await download(large.url), data);
    });

    test('a picture that is none', async () => {
      const data = bytes(5_000);
      const { imageInfoArray } = await exchange('Image', new File([data], 'p.png', { type: 'image/png' }));
      for (const { url } of imageInfoArray) assert.deepEqual(await download(url), data);
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

test('a file that is too large is refused before it is sent', async () => {
  world.set('image_megabytes=1');
  const [alice, bob] = await world.users('alice bob');
  const file = (count) => new File([bytes(count)], 'p.png', { type: 'image/png' });
  await assert.rejects(alice.sendAs('Image', bob.id, { file: file(1_048_577) }));
  const sent = await alice.sendAs('Image', bob.id, { file: file(1_000_000) });
  assert.equal((await bob.arrival(sent)).payload.imageInfoArray[0].size, 1_000_000);
  world.set('image_megabytes=28');
});

test('through proxies for files', async () => {
  process.env.FEIHONG__SERVER__PUBLIC_URL = 'https://files.example';
  const behind = await World.start();
  delete process.env.FEIHONG__SERVER__PUBLIC_URL;
  try {
    const proxy = `http://${behind.address}`;
    const create = { fileUploadProxy: proxy, fileDownloadProxy: proxy };
    const [alice, bob] = await Promise.all(['alice', 'bob'].map((hint) => behind.user(hint, 'chat', { create })));
    const data = bitmap();
    const sent = await alice.sendAs('Image', bob.id, { file: new File([data], 'p.bmp', { type: 'image/bmp' }) });
    const { imageInfoArray } = (await bob.arrival(sent)).payload;
    const [original, small] = [0, 1].map((type) => imageInfoArray.find((one) => one.type === type));
    assert.deepEqual([original.width, original.height, small.width, small.height], [640, 480, 264, 198]);
    assert.match(original.imageUrl, /^https:\/\/files\.example\//);
    assert.ok(original.url.startsWith(proxy), original.url);
    assert.deepEqual(await download(original.url), data);
    assert.deepEqual(measured(await download(small.url)), [264, 198]);
  } finally {
    behind.stop();
  }
});

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
