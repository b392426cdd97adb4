import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from 'tdesign-react';
import { timeOfDay } from '../../parts/format';
import type { ChatMessage, Conversation } from './conversation';

interface MessagesProps {
  me: string;
  peer: string;
  conversation: Conversation;
  onResend(message: ChatMessage): void;
}

/** The messages of a conversation, newest at the bottom and in view. */
export function Messages({ me, peer, conversation, onResend }: MessagesProps) {
  const { t } = useTranslation();
  const list = useRef<HTMLDivElement>(null);
  const { messages, history, readTime } = conversation;
  const count = messages.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new message or another peer is what moves the view
  useEffect(() => {
    const element = list.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, [count, peer]);
  return (
    <div
      ref={list}
      className="pane-messages"
      role="log"
      aria-label={t('tryIt.messages', { peer })}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
    >
      {history === 'failed' && <p className="pane-notice">{t('tryIt.historyFailed')}</p>}
      {count === 0 && history !== 'loading' && <p className="pane-empty">{t('tryIt.empty', { peer })}</p>}
      {messages.map((message) => (
        <Bubble
          key={message.id}
          message={message}
          mine={message.from === me}
          read={message.time <= readTime}
          onResend={() => onResend(message)}
        />
      ))}
    </div>
  );
}

interface BubbleProps {
  message: ChatMessage;
  mine: boolean;
  read: boolean;
  onResend(): void;
}

function Bubble({ message, mine, read, onResend }: BubbleProps) {
  const { t } = useTranslation();
  const { delivery, failure } = message;
  const state = delivery === 'sent' && read ? 'read' : delivery;
  return (
    <div className={`bubble ${mine ? 'is-mine' : 'is-theirs'} is-${state}`}>
      <div className="bubble-meta">
        <span>{message.from}</span> <time>{timeOfDay(message.time * 1000)}</time>
      </div>
      <div className="bubble-text">
        {message.recalled ? t('tryIt.recalled') : (message.text ?? t('tryIt.other', { kind: message.kind }))}
      </div>
      {mine && (
        <div className="bubble-state">
          {t(`delivery.${state}`)}
          {failure && ` ${failure.code} ${failure.message}`}
          {delivery === 'failed' && (
            <Button size="small" variant="text" theme="primary" onClick={onResend}>
              {t('part.retry')}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}
