import { type Json, number, records, text } from '../../api/json';

export type Delivery = 'sending' | 'sent' | 'failed';

/** One message of a pane. Times are seconds since the epoch. */
export interface ChatMessage {
  id: string;
  from: string;
  to: string;
  seq: number;
  random: number;
  /** The server's time; while sending, our guess at it. */
  time: number;
  clientTime: number;
  /** The text, or undefined when the message holds something a pane does not draw. */
  text: string | undefined;
  /** The type of the first element, e.g. `TIMTextElem`. */
  kind: string;
  delivery: Delivery;
  /** Why it failed, for people. */
  failure?: { code: number; message: string } | undefined;
  recalled?: boolean;
}

/** What one user has with one other. */
export interface Conversation {
  messages: readonly ChatMessage[];
  unread: number;
  /** The other side has read up to this time. */
  readTime: number;
  history: 'none' | 'loading' | 'loaded' | 'failed';
}

export const EMPTY_CONVERSATION: Conversation = { messages: [], unread: 0, readTime: 0, history: 'none' };

/** Reads a C2C message of the wire. */
export function readMessage(wire: Json): ChatMessage {
  const element = records(wire.MsgBody)[0] ?? {};
  const kind = text(element.MsgType);
  const content = element.MsgContent as Json | undefined;
  const time = number(wire.MsgTimeStamp);
  const clientTime = number(wire.MsgClientTime) || time;
  const from = text(wire.From_Account);
  const random = number(wire.MsgRandom);
  return {
    id: messageId(text(wire.TinyId) || from, clientTime, random),
    from,
    to: text(wire.To_Account),
    seq: number(wire.MsgSeq),
    random,
    time,
    clientTime,
    text: kind === 'TIMTextElem' ? text(content?.Text) : undefined,
    kind,
    delivery: 'sent',
    ...(number(wire.MsgFlagBits) & 8 ? { recalled: true } : {}),
  };
}

export function messageId(tinyId: string, clientTime: number, random: number): string {
  return `${tinyId}-${clientTime}-${random}`;
}

/** Puts messages in, each once, in the order of the server's time and then of arrival. */
export function merge(known: readonly ChatMessage[], added: readonly ChatMessage[]): ChatMessage[] {
  const byId = new Map(known.map((message) => [message.id, message]));
  for (const message of added) byId.set(message.id, { ...byId.get(message.id), ...message });
  return [...byId.values()].sort((one, other) => one.time - other.time);
}

/** Changes one message, if it is there. */
export function amend(
  conversation: Conversation,
  match: (message: ChatMessage) => boolean,
  change: Partial<ChatMessage>,
): Conversation {
  return {
    ...conversation,
    messages: conversation.messages.map((message) => (match(message) ? { ...message, ...change } : message)),
  };
}

/** The newest time at which the other side wrote, or 0. */
export function lastHeard(conversation: Conversation, me: string): number {
  return conversation.messages.reduce(
    (last, { from, time }) => (from === me ? last : Math.max(last, time)),
    0,
  );
}
