import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeFrame, socketAddress, socketOrigin } from './frames';

const bytes = (text: string) => new TextEncoder().encode(text).buffer as ArrayBuffer;

describe('frames', () => {
  it('survive the way out and back, with any text', () => {
    const frame = { head: { servcmd: 'openim.sendmsg', seq: 7, a2: 'x' }, body: { Text: '你好 👋 "\\' } };
    expect(decodeFrame(encodeFrame(frame).buffer)).toEqual(frame);
  });

  it('are binary UTF-8 JSON', () => {
    const sent = encodeFrame({ head: { servcmd: 'heartbeat.alive', seq: 1 }, body: {} });
    expect(ArrayBuffer.isView(sent)).toBe(true);
    expect(new TextDecoder().decode(sent)).toBe('{"head":{"servcmd":"heartbeat.alive","seq":1},"body":{}}');
  });

  it.each([
    ['no JSON', 'COMP\u0000'],
    ['no object', '[1]'],
    ['no head', '{"body":{}}'],
    ['a head that is no object', '{"head":"x","body":{}}'],
    ['a head without a command', '{"head":{"seq":1}}'],
  ])('ignore what has %s', (_, text) => {
    expect(decodeFrame(bytes(text))).toBeUndefined();
  });

  it('read a missing body as an empty one', () => {
    expect(decodeFrame(bytes('{"head":{"servcmd":"StatSvc.KickOther","seq":3}}'))?.body).toEqual({});
  });
});

describe('the address', () => {
  it('is that of the binary door, without an offer to compress', () => {
    const address = new URL(socketAddress('ws://127.0.0.1:7400', 1400000001, 'ab', 0.5));
    expect(address.pathname).toBe('/binfo');
    expect(address.searchParams.get('sdkappid')).toBe('1400000001');
    expect(address.searchParams.get('instanceid')).toBe('ab');
    expect(address.searchParams.has('compress')).toBe(false);
  });

  it('is as secure as the page', () => {
    expect(socketOrigin('http://127.0.0.1:7400')).toBe('ws://127.0.0.1:7400');
    expect(socketOrigin('https://im.example.com')).toBe('wss://im.example.com');
  });
});
