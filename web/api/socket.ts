import { decodeFrame, encodeFrame, type Frame, type Head, socketAddress } from './frames';
import type { Json } from './json';
import { number, text } from './json';

const ASK_TIMEOUT = 15_000;
const ALIVE_TIMEOUT = 3_000;
const QUIET_LIMIT = 10_000;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 10_000;

/** The parts of a WebSocket that are used. */
export interface Wire {
  binaryType: string;
  onopen: ((event: Event) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

/** Time, chance and the network, as arguments. */
export interface ChatWorld {
  open(address: string): Wire;
  /** Milliseconds since the epoch. */
  now(): number;
  /** 0 up to, not including, 1. */
  random(): number;
  /** Runs once after `wait` milliseconds; the answer cancels. */
  later(run: () => void, wait: number): () => void;
}

/** The world of a browser page. */
export const browserWorld: ChatWorld = {
  open: (address) => new WebSocket(address),
  now: () => Date.now(),
  random: () => Math.random(),
  later: (run, wait) => {
    const timer = setTimeout(run, wait);
    return () => clearTimeout(timer);
  },
};

/** Why a request got no success: the server said no, did not answer, or the connection broke. */
export class ChatError extends Error {
  readonly reason: 'refused' | 'timeout' | 'dropped';
  readonly code: number;
  readonly body: Json;

  constructor(reason: ChatError['reason'], code = 0, message: string = reason, body: Json = {}) {
    super(message);
    this.reason = reason;
    this.code = code;
    this.body = body;
  }
}

export interface ChatSocketEvents {
  /** A connection stands; it is not signed in yet. */
  onOpen(): void;
  /** The connection broke and another will be tried after `wait` milliseconds. */
  onDrop(wait: number): void;
  /** A frame that answers nothing we asked. */
  onPush(frame: Frame): void;
  /** What identifies the caller in the head of each request. */
  identity(): Json;
}

interface Pending {
  resolve(body: Json): void;
  reject(error: ChatError): void;
  cancel(): void;
}

/** A connection to the WebSocket door that comes back by itself, and matches replies to requests. */
export class ChatSocket {
  private wire: Wire | undefined;
  private stopped = true;
  private failures = 0;
  private seq: number;
  private cancelQuiet = () => {};
  private cancelRetry = () => {};
  private readonly pending = new Map<string, Pending>();
  private readonly instanceId: string;

  constructor(
    private readonly origin: string,
    private readonly sdkAppId: number,
    private readonly events: ChatSocketEvents,
    private readonly world: ChatWorld = browserWorld,
  ) {
    this.seq = Math.floor(world.random() * 1e8);
    this.instanceId = Array.from({ length: 32 }, () => Math.floor(world.random() * 16).toString(16)).join('');
  }

  start(): void {
    this.stopped = false;
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.cancelRetry();
    this.abandon();
  }

  /** Breaks the present connection; the next one is tried as after any loss. */
  reconnect(): void {
    if (this.wire) this.lost(this.wire);
  }

  /** Sends a request and waits for its reply. Rejects with a `ChatError`. */
  ask(servcmd: string, body: Json, timeout = ASK_TIMEOUT): Promise<Json> {
    return new Promise((resolve, reject) => {
      const seq = this.transmit(servcmd, body);
      if (seq === undefined) return reject(new ChatError('dropped'));
      const key = servcmd + seq;
      const cancel = this.world.later(() => {
        this.pending.delete(key);
        reject(new ChatError('timeout'));
      }, timeout);
      this.pending.set(key, { resolve, reject, cancel });
    });
  }

  /** Sends a request that has no reply. */
  tell(servcmd: string, body: Json): void {
    this.transmit(servcmd, body);
  }

  private transmit(servcmd: string, body: Json): number | undefined {
    if (!this.wire) return undefined;
    this.seq += 1;
    const head: Head = {
      ver: 'v4',
      platform: 7,
      websdkappid: 537048168,
      websdkversion: '1.7.3',
      status_instid: 0,
      sdkappid: this.sdkAppId,
      contenttype: 'json',
      reqtime: Math.floor(this.world.now() / 1000),
      sdkability: 0,
      cs: 0,
      ...this.events.identity(),
      servcmd,
      seq: this.seq,
    };
    this.wire.send(encodeFrame({ head, body }));
    return this.seq;
  }

  private connect(): void {
    const wire = this.world.open(
      socketAddress(this.origin, this.sdkAppId, this.instanceId, this.world.random()),
    );
    wire.binaryType = 'arraybuffer';
    wire.onopen = () => {
      if (this.stopped) {
        wire.close();
        return;
      }
      this.wire = wire;
      this.failures = 0;
      this.listen();
      this.events.onOpen();
    };
    wire.onmessage = ({ data }) => this.receive(data);
    wire.onclose = () => this.lost(wire);
  }

  private receive(data: ArrayBuffer | string): void {
    this.listen();
    const frame = decodeFrame(data);
    if (!frame) return;
    const key = frame.head.servcmd + frame.head.seq;
    const pending = this.pending.get(key);
    if (!pending) {
      this.events.onPush(frame);
      return;
    }
    this.pending.delete(key);
    pending.cancel();
    const code = number(frame.body.ErrorCode);
    if (code === 0) pending.resolve(frame.body);
    else pending.reject(new ChatError('refused', code, text(frame.body.ErrorInfo), frame.body));
  }

  /** After a silence asks whether the other side still lives. */
  private listen(): void {
    this.cancelQuiet();
    this.cancelQuiet = this.world.later(() => {
      this.ask('heartbeat.alive', {}, ALIVE_TIMEOUT).catch((error: ChatError) => {
        if (error.reason === 'timeout') this.reconnect();
      });
    }, QUIET_LIMIT);
  }

  private lost(wire: Wire): void {
    if (this.wire !== undefined && this.wire !== wire) return;
    wire.onclose = null;
    this.wire = wire;
    this.abandon();
    if (this.stopped) return;
    const wait = Math.min(FIRST_WAIT * 2 ** this.failures, LONGEST_WAIT);
    this.failures += 1;
    this.events.onDrop(wait);
    this.cancelRetry = this.world.later(() => this.connect(), wait);
  }

  private abandon(): void {
    this.cancelQuiet();
    const wire = this.wire;
    this.wire = undefined;
    if (wire) {
      wire.onopen = null;
      wire.onmessage = null;
      wire.onclose = null;
      wire.close();
    }
    const left = [...this.pending.values()];
    this.pending.clear();
    for (const { cancel, reject } of left) {
      cancel();
      reject(new ChatError('dropped'));
    }
  }
}
