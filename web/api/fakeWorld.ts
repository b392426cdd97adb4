import { decodeFrame, encodeFrame, type Frame } from './frames';
import type { Json } from './json';
import type { ChatWorld, Wire } from './socket';

/** A wire whose other end the test holds. */
export class FakeWire implements Wire {
  binaryType = '';
  onopen: Wire['onopen'] = null;
  onclose: Wire['onclose'] = null;
  onmessage: Wire['onmessage'] = null;
  closed = false;
  readonly sent: Frame[] = [];

  constructor(readonly address: string) {}

  send(data: Uint8Array<ArrayBuffer>): void {
    const frame = decodeFrame(data.buffer);
    if (frame) this.sent.push(frame);
  }

  close(): void {
    this.closed = true;
  }

  opens(): void {
    this.onopen?.(new Event('open'));
  }

  breaks(): void {
    this.onclose?.(new CloseEvent('close'));
  }

  says(servcmd: string, seq: number, body: Json): void {
    const data = encodeFrame({ head: { servcmd, seq }, body }).buffer;
    this.onmessage?.(new MessageEvent('message', { data }));
  }

  /** The latest request of that command; fails the test if there was none. */
  asked(servcmd: string): Frame {
    const found = this.sent.findLast(({ head }) => head.servcmd === servcmd);
    if (!found) throw new Error(`${servcmd} was not asked, but ${this.sent.map(({ head }) => head.servcmd)}`);
    return found;
  }

  count(servcmd: string): number {
    return this.sent.filter(({ head }) => head.servcmd === servcmd).length;
  }

  /** Answers the latest request of that command, and lets what waits for it run. */
  async answers(servcmd: string, body: Json = {}): Promise<void> {
    this.says(servcmd, this.asked(servcmd).head.seq, { ActionStatus: 'OK', ErrorCode: 0, ...body });
    await settle();
  }
}

/** A world whose clock moves only when told. */
export class FakeWorld implements ChatWorld {
  readonly wires: FakeWire[] = [];
  private clock = 1_800_000_000_000;
  private chance = 0;
  private timers: { at: number; run: () => void }[] = [];

  open = (address: string): FakeWire => {
    const wire = new FakeWire(address);
    this.wires.push(wire);
    return wire;
  };
  now = () => this.clock;
  random = () => {
    this.chance = (this.chance + 0.137) % 1;
    return this.chance;
  };
  later = (run: () => void, wait: number) => {
    const timer = { at: this.clock + wait, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  };

  get wire(): FakeWire {
    const last = this.wires.at(-1);
    if (!last) throw new Error('nothing was opened');
    return last;
  }

  async passes(milliseconds: number): Promise<void> {
    const end = this.clock + milliseconds;
    for (;;) {
      const next = this.timers.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
      if (!next) break;
      this.timers = this.timers.filter((other) => other !== next);
      this.clock = next.at;
      next.run();
      await settle();
    }
    this.clock = end;
  }
}

/** Lets everything that is ready run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
