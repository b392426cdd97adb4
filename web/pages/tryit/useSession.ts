import { useEffect, useState, useSyncExternalStore } from 'react';
import { call } from '../../api/call';
import { socketOrigin } from '../../api/frames';
import { ChatSession, type ChatSnapshot } from './session';

const DAY = 86_400;

/** A running session of `userId`, and what it knows at the moment. */
export function useSession(sdkAppId: number, userId: string): [ChatSession, ChatSnapshot] {
  const [session, setSession] = useState(() => makeSession(sdkAppId, userId));
  useEffect(() => {
    const mine = makeSession(sdkAppId, userId);
    setSession(mine);
    mine.start();
    return () => mine.stop();
  }, [sdkAppId, userId]);
  const snapshot = useSyncExternalStore(session.subscribe, session.getSnapshot);
  return [session, snapshot];
}

function makeSession(sdkAppId: number, userId: string): ChatSession {
  return new ChatSession({
    origin: socketOrigin(window.location.origin),
    sdkAppId,
    userId,
    sign: async () => (await call('console.usersig.sign', { sdkAppId, userId, expireSeconds: DAY })).userSig,
  });
}
