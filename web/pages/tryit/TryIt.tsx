import { useNavigate, useSearch } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { AddIcon } from 'tdesign-icons-react';
import { Button } from 'tdesign-react';
import { useApp } from '../app/useApp';
import { Pane } from './Pane';
import { Recipes } from './Recipes';
import { freshUser, MOST_PANES, readUsers, writeUsers } from './users';
import './tryit.css';

/** Several users of the app side by side, each signed in over its own socket. */
export function TryIt() {
  const { t } = useTranslation();
  const { data: app } = useApp();
  const search = useSearch({ from: '/shell/apps/$sdkAppId/try' });
  const navigate = useNavigate();
  // Keyboard focus goes on to the pane that was just made or renamed, and back to the button when one leaves.
  const [fresh, setFresh] = useState<string>();
  const adder = useRef<HTMLButtonElement>(null);
  if (!app) return null;
  const users = readUsers(search.users);
  const seat = (next: readonly string[]) => {
    const text = writeUsers(next);
    void navigate({
      to: '/apps/$sdkAppId/try',
      params: { sdkAppId: app.sdkAppId },
      search: text === undefined ? {} : { users: text },
      replace: true,
    });
  };
  const add = () => {
    const user = freshUser(users);
    setFresh(user);
    seat([...users, user]);
  };
  const rename = (user: string, next: string) => {
    setFresh(next);
    seat(users.map((present) => (present === user ? next : present)));
  };
  const leave = (user: string) => {
    seat(users.filter((present) => present !== user));
    adder.current?.focus();
  };
  return (
    <>
      <div className="try-head">
        <p className="page-lead">{t('tryIt.lead')}</p>
        <Button
          ref={adder}
          variant="outline"
          theme="default"
          tag="button"
          icon={<AddIcon aria-hidden />}
          disabled={users.length >= MOST_PANES}
          onClick={add}
        >
          {t('tryIt.addPane')}
        </Button>
      </div>
      <div className="try-panes">
        {users.map((user) => (
          <Pane
            key={`${app.sdkAppId}/${user}`}
            sdkAppId={app.sdkAppId}
            user={user}
            others={users.filter((other) => other !== user)}
            onRename={(next) => rename(user, next)}
            onLeave={users.length > 1 ? () => leave(user) : undefined}
            takesFocus={user === fresh}
          />
        ))}
      </div>
      <Recipes app={app} users={users} />
    </>
  );
}
