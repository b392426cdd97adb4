import { describe, expect, it } from 'vitest';
import { FakeWorld, settle } from '../../api/fakeWorld';
import type { Json } from '../../api/json';
import { ChatSession } from './session';

const LOGIN = 'im_open_status.wslogin';
const PUSH = 'im_open_push.msg_push';

function begin() {
  const world = new FakeWorld();
  let signed = 0;
  const session = new ChatSession({
    origin: 'ws://host',
    sdkAppId: 1400000001,
    userId: 'alice',
    sign: async () => {
      signed += 1;
      return `sig${signed}`;
    },
    world,
  });
  session.start();
  return { world, session, signed: () => signed };
}

async function signIn(world: FakeWorld) {
  world.wire.opens();
  await settle();
  await world.wire.answers(LOGIN, {
    A2Key: 'ticket',
    TinyId: '144115000000000001',
    InstId: 5,
    HelloInterval: 30,
    TimeStamp: 1_900_000_000,
  });
  await world.wire.answers('openim.getmsg', { Cookie: 'c1', SyncFlag: 2, MsgList: [] });
}

function fromBob(seq: number, words: string): Json {
  return {
    From_Account: 'bob',
    To_Account: 'alice',
    MsgSeq: seq,
    MsgRandom: seq,
    MsgTimeStamp: 1_900_000_000 + seq,
    MsgClientTime: 1_900_000_000 + seq,
    TinyId: '144115000000000002',
    MsgBody: [{ MsgType: 'TIMTextElem', MsgContent: { Text: words } }],
  };
}

function push(world: FakeWorld, event: Json, ack = 's1') {
  world.wire.says(PUSH, 1, { EventArray: [event], NeedAck: 1, SessionData: ack });
}

function words(session: ChatSession, peer = 'bob') {
  return (
    session
      .getSnapshot()
      .conversations.get(peer)
      ?.messages.map(({ text }) => text) ?? []
  );
}

describe('signing in', () => {
  it('shows a UserSig once and the ticket afterwards', async () => {
    const { world, session } = begin();
    await signIn(world);
    expect(session.getSnapshot().phase).toBe('online');
    expect(world.wire.asked(LOGIN).head).toMatchObject({ identifier: 'alice', usersig: 'sig1' });
    const { head } = world.wire.asked('openim.getmsg');
    expect(head).toMatchObject({ a2: 'ticket', tinyid: '144115000000000001', status_instid: 5 });
    expect(head).not.toHaveProperty('usersig');
  });

  it('comes back with the ticket, and asks for what was missed', async () => {
    const { world, session, signed } = begin();
    await signIn(world);
    world.wire.breaks();
    expect(session.getSnapshot().phase).toBe('waiting');
    await world.passes(500);
    world.wire.opens();
    await settle();
    expect(world.wire.asked(LOGIN).head).toMatchObject({ a2: 'ticket' });
    await world.wire.answers(LOGIN, { A2Key: 'ticket', TinyId: '144115000000000001', InstId: 5 });
    expect(world.wire.asked('openim.getmsg').body).toMatchObject({ Cookie: 'c1', IsOnlineSync: 1 });
    await world.wire.answers('openim.getmsg', { Cookie: 'c2', SyncFlag: 2, MsgList: [fromBob(1, 'missed')] });
    expect(words(session)).toEqual(['missed']);
    expect(session.getSnapshot().conversations.get('bob')?.unread).toBe(1);
    expect(signed()).toBe(1);
  });

  it('signs afresh when the ticket no longer holds', async () => {
    const { world, session, signed } = begin();
    await signIn(world);
    world.wire.breaks();
    await world.passes(500);
    world.wire.opens();
    await settle();
    world.wire.says(LOGIN, world.wire.asked(LOGIN).head.seq, { ErrorCode: 70001, ErrorInfo: 'expired' });
    await settle();
    expect(signed()).toBe(2);
    expect(world.wire.asked(LOGIN).head).toMatchObject({ identifier: 'alice', usersig: 'sig2' });
    expect(session.getSnapshot().phase).toBe('signingIn');
  });

  it('ends when a fresh UserSig is refused, and can begin anew', async () => {
    const { world, session } = begin();
    world.wire.opens();
    await settle();
    world.wire.says(LOGIN, world.wire.asked(LOGIN).head.seq, {
      ErrorCode: 70009,
      ErrorInfo: 'bad signature',
    });
    await settle();
    expect(session.getSnapshot()).toMatchObject({ phase: 'refused', refusal: { code: 70009 } });
    await world.passes(60_000);
    expect(world.wires).toHaveLength(1);
    session.restart();
    await signIn(world);
    expect(session.getSnapshot().phase).toBe('online');
  });

  it('greets at the pace that the server set', async () => {
    const { world } = begin();
    await signIn(world);
    await world.passes(10_000);
    await world.wire.answers('heartbeat.alive');
    await world.passes(10_000);
    await world.wire.answers('heartbeat.alive');
    await world.passes(10_000);
    expect(world.wire.count('im_open_status.wshello')).toBe(1);
  });
});

describe('messages', () => {
  it('show at once, by the clock of the server, and then as delivered', async () => {
    const { world, session } = begin();
    await signIn(world);
    session.send('bob', 'hi');
    const { body } = world.wire.asked('openim.sendmsg');
    expect(body).toMatchObject({ From_Account: 'alice', To_Account: 'bob', MsgClientTime: 1_900_000_000 });
    expect(session.getSnapshot().conversations.get('bob')?.messages[0]?.delivery).toBe('sending');
    await world.wire.answers('openim.sendmsg', { MsgTime: 1_900_000_003 });
    expect(session.getSnapshot().conversations.get('bob')?.messages).toMatchObject([
      { delivery: 'sent', time: 1_900_000_003, text: 'hi' },
    ]);
  });

  it('written while the connection is lost go out once, as the same message', async () => {
    const { world, session } = begin();
    await signIn(world);
    session.send('bob', 'one');
    const { body: before } = world.wire.asked('openim.sendmsg');
    world.wire.breaks();
    session.send('bob', 'two');
    await world.passes(500);
    await signIn(world);
    expect(world.wire.count('openim.sendmsg')).toBe(2);
    expect(world.wire.sent.filter(({ head }) => head.servcmd === 'openim.sendmsg')[0]?.body).toEqual(before);
    expect(words(session)).toEqual(['one', 'two']);
  });

  it('that fail can be tried again', async () => {
    const { world, session } = begin();
    await signIn(world);
    session.send('bob', 'hi');
    const first = world.wire.asked('openim.sendmsg');
    world.wire.says('openim.sendmsg', first.head.seq, { ErrorCode: 20012, ErrorInfo: 'muted' });
    await settle();
    const failed = session.getSnapshot().conversations.get('bob')?.messages[0];
    expect(failed).toMatchObject({ delivery: 'failed', failure: { code: 20012, message: 'muted' } });
    if (failed) session.resend(failed);
    expect(world.wire.asked('openim.sendmsg').body).toEqual(first.body);
    await world.wire.answers('openim.sendmsg', { MsgTime: 1_900_000_003 });
    expect(session.getSnapshot().conversations.get('bob')?.messages[0]?.delivery).toBe('sent');
    expect(session.getSnapshot().conversations.get('bob')?.messages[0]?.failure).toBeUndefined();
  });

  it('that arrive are acknowledged, counted once, and read', async () => {
    const { world, session } = begin();
    await signIn(world);
    push(world, { Event: 9, C2cMsgArray: [fromBob(1, 'hi')] }, 's7');
    push(world, { Event: 9, C2cMsgArray: [fromBob(1, 'hi')] }, 's7');
    push(world, { Event: 9, C2cMsgArray: [fromBob(2, 'there')] }, 's8');
    expect(world.wire.count('openim.ws_msg_push_ack')).toBe(3);
    expect(world.wire.asked('openim.ws_msg_push_ack').body).toEqual({ SessionData: 's8' });
    expect(words(session)).toEqual(['hi', 'there']);
    expect(session.getSnapshot().conversations.get('bob')?.unread).toBe(2);
    session.markRead('bob');
    expect(session.getSnapshot().conversations.get('bob')?.unread).toBe(0);
    expect(world.wire.asked('openim.msgreaded').body).toEqual({
      C2CMsgReaded: {
        Cookie: '',
        C2CMsgReadedItem: [{ To_Account: 'bob', LastedMsgTime: 1_900_000_002, Receipt: 1 }],
      },
    });
  });

  it('sent elsewhere by the same user are one’s own', async () => {
    const { world, session } = begin();
    await signIn(world);
    push(world, { Event: 9, C2cMsgArray: [{ ...fromBob(1, 'from my phone'), IsSyncMsg: 1 }] });
    const { messages, unread } = session.getSnapshot().conversations.get('bob') ?? {};
    expect(messages).toMatchObject([{ from: 'alice', to: 'bob', text: 'from my phone' }]);
    expect(unread).toBe(0);
  });

  it('are marked as read by the other side, and as recalled', async () => {
    const { world, session } = begin();
    await signIn(world);
    push(world, {
      C2cNotifyMsgArray: [
        { C2cReadedReceipt: { To_Account: 'bob', UinPairReadArray: [{ LastReadTime: 1_900_000_009 }] } },
      ],
    });
    expect(session.getSnapshot().conversations.get('bob')?.readTime).toBe(1_900_000_009);
    push(world, { C2cMsgArray: [fromBob(4, 'oops')] });
    push(world, {
      C2cNotifyMsgArray: [
        {
          WithdrawC2cMsgNotify: {
            C2cWithdrawInfoArray: [{ From_Account: 'bob', To_Account: 'alice', MsgSeq: 4, MsgRand: 4 }],
          },
        },
      ],
    });
    expect(session.getSnapshot().conversations.get('bob')?.messages).toMatchObject([{ recalled: true }]);
  });

  it('of before are fetched once and mixed in by time', async () => {
    const { world, session } = begin();
    await signIn(world);
    push(world, { C2cMsgArray: [fromBob(5, 'new')] });
    const loading = session.loadHistory('bob');
    void session.loadHistory('bob');
    await world.wire.answers('openim.getroammsg', {
      Complete: 1,
      MsgList: [fromBob(1, 'old'), fromBob(5, 'new')],
    });
    await loading;
    expect(world.wire.count('openim.getroammsg')).toBe(1);
    expect(words(session)).toEqual(['old', 'new']);
    expect(session.getSnapshot().conversations.get('bob')?.unread).toBe(1);
  });
});

describe('a kick', () => {
  it('ends the session without a return', async () => {
    const { world, session } = begin();
    await signIn(world);
    world.wire.says('im_open_status.stat_forceoffline', 2, {
      EventArray: [{ Event: 10, C2cNotifyMsgArray: [{ KickoutMsgNotify: { KickType: 1 } }] }],
    });
    expect(session.getSnapshot().phase).toBe('kicked');
    expect(world.wire.asked('im_open_status.wslogout').body).toMatchObject({ wslogout_type: 1 });
    await world.passes(60_000);
    expect(world.wires).toHaveLength(1);
  });

  it('may come as the answer to anything', async () => {
    const { world, session } = begin();
    await signIn(world);
    session.send('bob', 'hi');
    const { seq } = world.wire.asked('openim.sendmsg').head;
    world.wire.says('openim.sendmsg', seq, { ErrorCode: 1002, KickType: 3, ErrorInfo: 'kicked' });
    await settle();
    expect(session.getSnapshot().phase).toBe('kicked');
  });
});
