import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CloseIcon } from 'tdesign-icons-react';
import { Button } from 'tdesign-react';
import { Composer } from './Composer';
import { EMPTY_CONVERSATION } from './conversation';
import { Messages } from './Messages';
import { NameField } from './NameField';
import type { ChatSession, ChatSnapshot } from './session';
import { useSession } from './useSession';

interface PaneProps {
  sdkAppId: number;
  user: string;
  /** The users of the other panes. */
  others: readonly string[];
  onRename(next: string): void;
  onLeave: (() => void) | undefined;
  takesFocus: boolean;
}

/** One user's view: who that is, whether the connection stands, the conversations, and a line to write. */
export function Pane({ sdkAppId, user, others, onRename, onLeave, takesFocus }: PaneProps) {
  const { t } = useTranslation();
  const [session, snapshot] = useSession(sdkAppId, user);
  const [chosen, setChosen] = useState<string>();
  const [attended, setAttended] = useState(false);
  const peers = [...new Set([...others, ...snapshot.conversations.keys()])];
  const peer = chosen !== undefined && peers.includes(chosen) ? chosen : peers[0];
  const conversation = (peer !== undefined && snapshot.conversations.get(peer)) || EMPTY_CONVERSATION;
  const frame = useRef<HTMLElement>(null);

  useEffect(() => {
    if (peer !== undefined && snapshot.phase === 'online') void session.loadHistory(peer);
  }, [session, peer, snapshot.phase]);
  useEffect(() => {
    if (peer !== undefined && attended && conversation.unread > 0) session.markRead(peer);
  }, [session, peer, attended, conversation.unread]);

  return (
    <section
      ref={frame}
      className="pane"
      aria-label={t('tryIt.pane', { user })}
      onFocus={() => setAttended(true)}
      onPointerDown={() => setAttended(true)}
      onBlur={(event) => setAttended(frame.current?.contains(event.relatedTarget) ?? false)}
    >
      <header className="pane-head">
        <NameField user={user} taken={others} onRename={onRename} takesFocus={takesFocus} />
        {onLeave && (
          <Button
            variant="text"
            shape="square"
            aria-label={t('tryIt.removePane', { user })}
            icon={<CloseIcon aria-hidden />}
            onClick={onLeave}
          />
        )}
      </header>
      <StateLine session={session} snapshot={snapshot} />
      <Peers peers={peers} peer={peer} snapshot={snapshot} onChoose={setChosen} />
      {peer === undefined ? (
        <p className="pane-empty">{t('tryIt.alone')}</p>
      ) : (
        <>
          <Messages
            me={user}
            peer={peer}
            conversation={conversation}
            onResend={(message) => session.resend(message)}
          />
          <Composer
            me={user}
            peer={peer}
            disabled={snapshot.phase === 'refused' || snapshot.phase === 'kicked'}
            onSend={(words) => session.send(peer, words)}
          />
        </>
      )}
    </section>
  );
}

function StateLine({ session, snapshot }: { session: ChatSession; snapshot: ChatSnapshot }) {
  const { t } = useTranslation();
  const { phase, refusal } = snapshot;
  const over = phase === 'kicked' || phase === 'refused';
  return (
    <div className={`pane-state is-${phase}`} role="status">
      <span className="pane-dot" aria-hidden="true" />
      <span>
        {t(`phase.${phase}`)}
        {phase === 'refused' && refusal && ` ${refusal.code ? refusal.code : ''} ${refusal.message}`}
      </span>
      {over && (
        <Button size="small" variant="outline" theme="default" onClick={() => session.restart()}>
          {t('tryIt.again')}
        </Button>
      )}
    </div>
  );
}

interface PeersProps {
  peers: readonly string[];
  peer: string | undefined;
  snapshot: ChatSnapshot;
  onChoose(peer: string): void;
}

function Peers({ peers, peer, snapshot, onChoose }: PeersProps) {
  const { t } = useTranslation();
  if (peers.length === 0) return null;
  return (
    <fieldset className="pane-peers">
      <legend className="unseen">{t('tryIt.peers')}</legend>
      {peers.map((name) => {
        const unread = snapshot.conversations.get(name)?.unread ?? 0;
        return (
          <button
            key={name}
            type="button"
            className={`pane-peer ${name === peer ? 'is-active' : ''}`}
            aria-pressed={name === peer}
            onClick={() => onChoose(name)}
          >
            {name}
            {unread > 0 && (
              <span className="badge">
                {unread}
                <span className="unseen"> {t('tryIt.unread')}</span>
              </span>
            )}
          </button>
        );
      })}
    </fieldset>
  );
}
