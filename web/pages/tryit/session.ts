import type { Frame } from '../../api/frames';
import { isRecord, type Json, number, records, text } from '../../api/json';
import { browserWorld, ChatError, ChatSocket, type ChatWorld } from '../../api/socket';
import {
  amend,
  type ChatMessage,
  type Conversation,
  EMPTY_CONVERSATION,
  lastHeard,
  merge,
  messageId,
  readMessage,
} from './conversation';

export type Phase = 'connecting' | 'signingIn' | 'online' | 'waiting' | 'kicked' | 'refused' | 'stopped';

/** All that a pane shows; replaced, never changed in place. */
export interface ChatSnapshot {
  phase: Phase;
  /** The server's words when it refused. */
  refusal?: { code: number; message: string };
  conversations: ReadonlyMap<string, Conversation>;
}

interface Ticket {
  a2: string;
  tinyId: string;
  instId: number;
}

export interface ChatSessionOptions {
  origin: string;
  sdkAppId: number;
  userId: string;
  /** Answers a fresh UserSig of `userId`. */
  sign(): Promise<string>;
  world?: ChatWorld;
}

const HISTORY_PAGE = 15;
const MOST_SYNC_ROUNDS = 50;
const KICKED = 1002;
const SIGNATURE_EXPIRED = new Set([70001, 20002]);

/** One user of an app, signed in over the WebSocket door as the web SDKs are. */
export class ChatSession {
  readonly userId: string;
  private readonly socket: ChatSocket;
  private readonly world: ChatWorld;
  private readonly listeners = new Set<() => void>();
  private snapshot: ChatSnapshot = { phase: 'connecting', conversations: new Map() };
  private ticket: Ticket | undefined;
  private userSig: string | undefined;
  private cookie = '';
  private clockOffset = 0;
  private nextSeq: number;
  private cancelHello = () => {};
  private readonly outbox = new Map<string, ChatMessage>();
  private readonly inFlight = new Set<string>();

  constructor(private readonly options: ChatSessionOptions) {
    this.userId = options.userId;
    this.world = options.world ?? browserWorld;
    this.nextSeq = Math.floor(this.world.random() * 1e9);
    this.socket = new ChatSocket(
      options.origin,
      options.sdkAppId,
      {
        onOpen: () => void this.signIn(),
        onDrop: () => this.dropped(),
        onPush: (frame) => this.receive(frame),
        identity: () => this.identity(),
      },
      this.world,
    );
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  getSnapshot = (): ChatSnapshot => this.snapshot;

  start(): void {
    this.show({ phase: 'connecting' });
    this.socket.start();
  }

  /** Signs out and closes; the session is not used again. */
  stop(): void {
    this.cancelHello();
    if (this.ticket) this.socket.tell('im_open_status.wslogout', { wslogout_type: 0, is_web_uniapp: 0 });
    this.socket.stop();
    this.show({ phase: 'stopped' });
  }

  /** Begins anew after a kick or a refusal. */
  restart(): void {
    this.ticket = undefined;
    this.userSig = undefined;
    this.cookie = '';
    this.socket.stop();
    this.start();
  }

  /** Writes to `peer`. The message shows at once and is sent as soon as there is a connection. */
  send(peer: string, words: string): void {
    const clientTime = this.serverSeconds();
    const random = Math.floor(this.world.random() * 0xffff_ffff);
    this.nextSeq += 1;
    const message: ChatMessage = {
      id: messageId(this.ticket?.tinyId ?? this.userId, clientTime, random),
      from: this.userId,
      to: peer,
      seq: this.nextSeq,
      random,
      time: clientTime,
      clientTime,
      text: words,
      kind: 'TIMTextElem',
      delivery: 'sending',
    };
    this.outbox.set(message.id, message);
    this.add(peer, [message]);
    this.flush();
  }

  /** Tries a failed message again, as the same message, so that the server can drop a repeat. */
  resend(message: ChatMessage): void {
    const again: ChatMessage = { ...message, delivery: 'sending', failure: undefined };
    this.outbox.set(again.id, again);
    this.add(message.to, [again]);
    this.flush();
  }

  /** Fetches the latest stored messages with `peer`, once. */
  async loadHistory(peer: string): Promise<void> {
    const { history } = this.snapshot.conversations.get(peer) ?? EMPTY_CONVERSATION;
    if (this.snapshot.phase !== 'online' || history === 'loading' || history === 'loaded') return;
    this.change(peer, (conversation) => ({ ...conversation, history: 'loading' }));
    try {
      const reply = await this.socket.ask('openim.getroammsg', {
        Peer_Account: peer,
        MaxCnt: HISTORY_PAGE,
        LastMsgTime: 0,
        MsgKey: '',
        WithRecalledMsg: 1,
        GetDirection: 0,
      });
      this.add(peer, records(reply.MsgList).map(readMessage));
      this.change(peer, (conversation) => ({ ...conversation, history: 'loaded' }));
    } catch {
      this.change(peer, (conversation) => ({ ...conversation, history: 'failed' }));
    }
  }

  /** Tells the server that everything `peer` wrote has been read. */
  markRead(peer: string): void {
    const conversation = this.snapshot.conversations.get(peer);
    if (!conversation || conversation.unread === 0 || this.snapshot.phase !== 'online') return;
    this.change(peer, (before) => ({ ...before, unread: 0 }));
    const upTo = lastHeard(conversation, this.userId) || this.serverSeconds();
    const item = { To_Account: peer, LastedMsgTime: upTo, Receipt: 1 };
    this.socket
      .ask('openim.msgreaded', { C2CMsgReaded: { Cookie: '', C2CMsgReadedItem: [item] } })
      .catch(() =>
        this.change(peer, (before) => ({ ...before, unread: before.unread + conversation.unread })),
      );
  }

  private async signIn(): Promise<void> {
    this.show({ phase: 'signingIn' });
    try {
      if (!this.ticket) this.userSig = await this.options.sign();
      const reply = await this.socket.ask('im_open_status.wslogin', {
        State: 'Online',
        is_web_uniapp: 0,
        InstType: 0,
        CustomInfo: '',
      });
      this.signedIn(reply);
    } catch (error) {
      this.signInFailed(error);
      return;
    }
    try {
      await this.catchUp();
    } catch (error) {
      if (error instanceof ChatError && error.reason === 'dropped') return;
    }
    this.show({ phase: 'online' });
    this.flush();
  }

  private signedIn(reply: Json): void {
    this.ticket = { a2: text(reply.A2Key), tinyId: text(reply.TinyId), instId: number(reply.InstId) };
    this.userSig = undefined;
    const serverTime = number(reply.TimeStamp);
    if (serverTime > 0) this.clockOffset = serverTime - Math.floor(this.world.now() / 1000);
    this.greet(number(reply.HelloInterval));
  }

  private signInFailed(error: unknown): void {
    if (error instanceof ChatError && error.reason === 'dropped') return;
    const silent = error instanceof ChatError && error.reason === 'timeout';
    const unreachable = error instanceof Error && error.name === 'Unreachable';
    if (silent || unreachable) this.socket.reconnect();
    else if (error instanceof ChatError && this.ticket) this.renew();
    else this.refused(error);
  }

  private refused(error: unknown): void {
    const code = error instanceof ChatError ? error.code : 0;
    const message = error instanceof Error ? error.message : String(error);
    this.socket.stop();
    this.show({ phase: 'refused', refusal: { code, message } });
  }

  /** The session ticket no longer holds: signs in with a fresh UserSig. */
  private renew(): void {
    this.ticket = undefined;
    void this.signIn();
  }

  private greet(seconds: number): void {
    this.cancelHello();
    if (seconds <= 0) return;
    this.cancelHello = this.world.later(() => {
      this.ask('im_open_status.wshello', { is_web_uniapp: 0 }).catch(() => undefined);
      this.greet(seconds);
    }, seconds * 1000);
  }

  /** Asks for what was missed, until the server says that this is all. */
  private async catchUp(): Promise<void> {
    let syncFlag = 0;
    for (let round = 0; round < MOST_SYNC_ROUNDS; round += 1) {
      const first = this.cookie === '';
      const reply = await this.ask('openim.getmsg', {
        Cookie: this.cookie,
        SyncFlag: syncFlag,
        NeedAbstract: 1,
        IsOnlineSync: first ? 0 : 1,
        NeedSignaling: 1,
        NeedCachedMsg: 1,
      });
      this.takeSync(reply, first);
      syncFlag = number(reply.SyncFlag);
      if (syncFlag === 2) return;
    }
  }

  private takeSync(reply: Json, first: boolean): void {
    this.cookie = text(reply.Cookie) || this.cookie;
    for (const entry of records(reply.MsgList)) {
      if (Array.isArray(entry.EventArray)) this.takeEvents(entry.EventArray);
      else this.take(entry, !first);
    }
    if (!first) return;
    for (const { From_Account, UnreadCount } of records(reply.C2CPairUnreadCount)) {
      this.change(text(From_Account), (conversation) => ({ ...conversation, unread: number(UnreadCount) }));
    }
  }

  private dropped(): void {
    this.cancelHello();
    this.show({ phase: 'waiting' });
  }

  private flush(): void {
    if (this.snapshot.phase !== 'online') return;
    for (const message of this.outbox.values()) if (!this.inFlight.has(message.id)) void this.post(message);
  }

  private async post(message: ChatMessage): Promise<void> {
    this.inFlight.add(message.id);
    try {
      const reply = await this.ask('openim.sendmsg', {
        From_Account: message.from,
        To_Account: message.to,
        MsgSeq: message.seq,
        MsgRandom: message.random,
        MsgBody: [{ MsgType: message.kind, MsgContent: { Text: message.text } }],
        CloudCustomData: '',
        MsgClientTime: message.clientTime,
      });
      this.settle(message, { delivery: 'sent', time: number(reply.MsgTime) || message.time });
    } catch (error) {
      if (!(error instanceof ChatError) || error.reason === 'dropped') return;
      this.settle(message, { delivery: 'failed', failure: { code: error.code, message: error.message } });
    } finally {
      this.inFlight.delete(message.id);
    }
  }

  private settle(message: ChatMessage, change: Partial<ChatMessage>): void {
    this.outbox.delete(message.id);
    this.add(message.to, [{ ...message, ...change }]);
  }

  /** A request of a signed-in user: also watches for the codes that end a session. */
  private async ask(servcmd: string, body: Json): Promise<Json> {
    try {
      return await this.socket.ask(servcmd, body);
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      if (error.code === KICKED && 'KickType' in error.body) this.kicked();
      else if (SIGNATURE_EXPIRED.has(error.code)) this.renew();
      else throw error;
      throw new ChatError('dropped');
    }
  }

  private receive({ head, body }: Frame): void {
    if (head.servcmd === 'StatSvc.KickOther') {
      void this.signIn();
      return;
    }
    this.takeEvents(body.EventArray);
    if (number(body.NeedAck) === 1) {
      this.socket.tell('openim.ws_msg_push_ack', { SessionData: text(body.SessionData) });
    }
    if (number(body.Flag) === 1 && this.snapshot.phase === 'online') this.catchUp().catch(() => undefined);
  }

  private takeEvents(events: unknown): void {
    for (const event of records(events)) {
      for (const message of records(event.C2cMsgArray)) this.take(message, true);
      for (const notice of records(event.C2cNotifyMsgArray)) this.takeNotice(notice);
    }
  }

  /** A message for this user, or a copy of one that this user sent elsewhere. */
  private take(wire: Json, counts: boolean): void {
    const read = readMessage(wire);
    const copied = number(wire.IsSyncMsg) === 1 && read.from !== this.userId;
    const message = copied ? { ...read, from: read.to, to: read.from } : read;
    const mine = message.from === this.userId;
    const peer = mine ? message.to : message.from;
    const known =
      this.snapshot.conversations.get(peer)?.messages.some(({ id }) => id === message.id) ?? false;
    this.add(peer, [message]);
    if (!mine && !known && counts) {
      this.change(peer, (conversation) => ({ ...conversation, unread: conversation.unread + 1 }));
    }
  }

  private takeNotice(notice: Json): void {
    if (isRecord(notice.C2cReadedReceipt)) {
      const reader = text(notice.C2cReadedReceipt.To_Account);
      const times = records(notice.C2cReadedReceipt.UinPairReadArray);
      const time = Math.max(0, ...times.map(({ LastReadTime }) => number(LastReadTime)));
      this.change(reader, (conversation) => ({
        ...conversation,
        readTime: Math.max(conversation.readTime, time),
      }));
    }
    if (isRecord(notice.ReadC2cMsgNotify)) {
      for (const { From_Account } of records(notice.ReadC2cMsgNotify.UinPairReadArray)) {
        this.change(text(From_Account), (conversation) => ({ ...conversation, unread: 0 }));
      }
    }
    if (isRecord(notice.WithdrawC2cMsgNotify)) {
      for (const gone of records(notice.WithdrawC2cMsgNotify.C2cWithdrawInfoArray)) this.recall(gone);
    }
    if (isRecord(notice.KickoutMsgNotify)) this.kicked();
  }

  private recall(gone: Json): void {
    const from = text(gone.From_Account);
    const peer = from === this.userId ? text(gone.To_Account) : from;
    const random = number(gone.MsgRand);
    const seq = number(gone.MsgSeq);
    this.change(peer, (conversation) =>
      amend(conversation, (message) => message.random === random && message.seq === seq, { recalled: true }),
    );
  }

  private kicked(): void {
    this.cancelHello();
    this.socket.tell('im_open_status.wslogout', { wslogout_type: 1, is_web_uniapp: 0 });
    this.socket.stop();
    this.ticket = undefined;
    this.show({ phase: 'kicked' });
  }

  private identity(): Json {
    if (!this.ticket) return { identifier: this.userId, usersig: this.userSig ?? '' };
    return { a2: this.ticket.a2, tinyid: this.ticket.tinyId, status_instid: this.ticket.instId };
  }

  private serverSeconds(): number {
    return Math.floor(this.world.now() / 1000) + this.clockOffset;
  }

  private add(peer: string, messages: readonly ChatMessage[]): void {
    this.change(peer, (conversation) => ({
      ...conversation,
      messages: merge(conversation.messages, messages),
    }));
  }

  private change(peer: string, step: (conversation: Conversation) => Conversation): void {
    const conversations = new Map(this.snapshot.conversations);
    conversations.set(peer, step(conversations.get(peer) ?? EMPTY_CONVERSATION));
    this.show({ conversations });
  }

  private show(change: Partial<ChatSnapshot>): void {
    this.snapshot = { ...this.snapshot, ...change };
    for (const listener of this.listeners) listener();
  }
}
