import { isRecord, type Json, number } from './json';

/** The head of a frame. A reply and its request share `servcmd` and `seq`. */
export interface Head {
  servcmd: string;
  seq: number;
  [field: string]: unknown;
}

export interface Frame {
  head: Head;
  body: Json;
}

/** Turns a frame into the bytes of one binary WebSocket message. */
export function encodeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(frame));
}

/** Reads one message; anything that is not a frame with a head is `undefined`, as the protocol ignores it. */
export function decodeFrame(data: ArrayBuffer | string): Frame | undefined {
  const text = typeof data === 'string' ? data : new TextDecoder().decode(data);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || !isRecord(value.head)) return undefined;
  const { servcmd, seq } = value.head;
  if (typeof servcmd !== 'string') return undefined;
  return {
    head: { ...value.head, servcmd, seq: number(seq) },
    body: isRecord(value.body) ? value.body : {},
  };
}

/** The address the web SDKs open, without the offer to compress. */
export function socketAddress(origin: string, sdkAppId: number, instanceId: string, random: number): string {
  const query = new URLSearchParams({
    sdkappid: String(sdkAppId),
    instanceid: instanceId,
    random: String(random),
    platform: '7',
    host: 'unknown',
    version: '-1',
    sdkversion: '3.6.6',
  });
  return `${origin}/binfo?${query}`;
}

/** The origin of a page, as a WebSocket origin. */
export function socketOrigin(pageOrigin: string): string {
  return pageOrigin.replace(/^http/, 'ws');
}
