import { describe, expect, it } from 'vitest';
import { FakeWorld, settle } from './fakeWorld';
import type { Frame } from './frames';
import { ChatError, ChatSocket } from './socket';

function start() {
  const world = new FakeWorld();
  const pushes: Frame[] = [];
  const drops: number[] = [];
  const socket = new ChatSocket(
    'ws://host',
    1400000001,
    {
      onOpen: () => {},
      onDrop: (wait) => drops.push(wait),
      onPush: (frame) => pushes.push(frame),
      identity: () => ({ a2: 'ticket' }),
    },
    world,
  );
  socket.start();
  return { world, socket, pushes, drops };
}

describe('a socket', () => {
  it('matches replies by command and sequence, in any order', async () => {
    const { world, socket } = start();
    world.wire.opens();
    const first = socket.ask('openim.sendmsg', { n: 1 });
    const second = socket.ask('openim.sendmsg', { n: 2 });
    const [one, two] = world.wire.sent;
    expect(one?.head).toMatchObject({ sdkappid: 1400000001, a2: 'ticket', ver: 'v4', contenttype: 'json' });
    expect(two?.head.seq).toBe((one?.head.seq ?? 0) + 1);
    world.wire.says('openim.sendmsg', two?.head.seq ?? 0, { MsgTime: 2 });
    world.wire.says('openim.sendmsg', one?.head.seq ?? 0, { MsgTime: 1 });
    expect([await first, await second]).toEqual([{ MsgTime: 1 }, { MsgTime: 2 }]);
  });

  it('rejects with the code of a refusal', async () => {
    const { world, socket } = start();
    world.wire.opens();
    const refused = socket.ask('openim.sendmsg', {});
    world.wire.says('openim.sendmsg', world.wire.asked('openim.sendmsg').head.seq, {
      ErrorCode: 20003,
      ErrorInfo: 'no such account',
    });
    await expect(refused).rejects.toMatchObject({
      reason: 'refused',
      code: 20003,
      message: 'no such account',
    });
  });

  it('takes an unasked frame as a push, and a late reply harmlessly', async () => {
    const { world, socket, pushes } = start();
    world.wire.opens();
    const asked = socket.ask('a.b', {}, 2_000);
    const { seq } = world.wire.asked('a.b').head;
    const timedOut = expect(asked).rejects.toMatchObject({ reason: 'timeout' });
    await world.passes(2_000);
    await timedOut;
    world.wire.says('a.b', seq, {});
    world.wire.says('im_open_push.msg_push', 9, { NeedAck: 1 });
    expect(pushes.map(({ head }) => head.servcmd)).toEqual(['a.b', 'im_open_push.msg_push']);
  });

  it('asks for a sign of life after ten quiet seconds, and breaks off without one', async () => {
    const { world, drops } = start();
    const wire = world.wire;
    wire.opens();
    await world.passes(9_999);
    expect(wire.count('heartbeat.alive')).toBe(0);
    await world.passes(1);
    await wire.answers('heartbeat.alive');
    await world.passes(10_000);
    expect(wire.count('heartbeat.alive')).toBe(2);
    expect(drops).toEqual([]);
    await world.passes(3_000);
    expect(wire.closed).toBe(true);
    expect(drops).toEqual([500]);
  });

  it('comes back ever more slowly, and at once anew after a success', async () => {
    const { world, drops } = start();
    world.wire.opens();
    for (let loss = 0; loss < 7; loss += 1) {
      world.wire.breaks();
      await world.passes(10_000);
    }
    expect(drops).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    expect(world.wires).toHaveLength(8);
    world.wire.opens();
    world.wire.breaks();
    expect(drops.at(-1)).toBe(500);
    const instances = world.wires.map(({ address }) => new URL(address).searchParams.get('instanceid'));
    expect(new Set(instances).size).toBe(1);
    expect(instances[0]).toMatch(/^[0-9a-f]{32}$/);
  });

  it('gives up what was asked on a connection that broke', async () => {
    const { world, socket } = start();
    await expect(socket.ask('a.b', {})).rejects.toMatchObject({ reason: 'dropped' });
    world.wire.opens();
    const asked = socket.ask('a.b', {});
    world.wire.breaks();
    await expect(asked).rejects.toBeInstanceOf(ChatError);
  });

  it('stays away once stopped, even when a connection was just being made', async () => {
    const { world, socket, drops } = start();
    socket.stop();
    world.wire.opens();
    expect(world.wire.closed).toBe(true);
    world.wire.breaks();
    await world.passes(60_000);
    await settle();
    expect(drops).toEqual([]);
    expect(world.wires).toHaveLength(1);
  });
});
