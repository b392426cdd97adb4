import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { reading } from '../../api/hooks';
import type { App } from '../../api/types';
import { Code } from '../../parts/Copy';
import { LinkButton } from '../../parts/links';
import { Problem, Waiting } from '../../parts/states';
import { curlRecipe, sdkRecipe } from './recipes';
import { freshUser } from './users';

const DAY = 86_400;

/** How to do the same from outside the console. */
export function Recipes({ app, users }: { app: App; users: readonly string[] }) {
  const { t } = useTranslation();
  const to = users[1] ?? users[0] ?? 'bob';
  return (
    <div className="columns">
      <section className="card" aria-labelledby="recipe-sdk">
        <h2 id="recipe-sdk">{t('recipe.sdk')}</h2>
        <Recipe app={app} userId={freshUser(users)} to={to} kind="sdk" />
      </section>
      <section className="card" aria-labelledby="recipe-curl">
        <h2 id="recipe-curl">{t('recipe.curl')}</h2>
        {app.administrators[0] === undefined ? (
          <>
            <p className="faint">{t('recipe.noAdministrator')}</p>
            <LinkButton look="outline" to="/apps/$sdkAppId" params={{ sdkAppId: app.sdkAppId }}>
              {t('accounts.addVerb')}
            </LinkButton>
          </>
        ) : (
          <Recipe app={app} userId={app.administrators[0]} to={to} kind="curl" />
        )}
      </section>
    </div>
  );
}

interface RecipeProps {
  app: App;
  userId: string;
  to: string;
  kind: 'sdk' | 'curl';
}

/** Signed afresh for a day, so that what is copied works as it stands. */
function Recipe({ app, userId, to, kind }: RecipeProps) {
  const { t } = useTranslation();
  const { sdkAppId } = app;
  const signed = useQuery({
    ...reading('console.usersig.sign', { sdkAppId, userId, expireSeconds: DAY }),
    staleTime: 3_600_000,
  });
  const random = useMemo(() => Math.floor(Math.random() * 0xffff_ffff), []);
  if (signed.error) return <Problem error={signed.error} onRetry={() => signed.refetch()} />;
  if (!signed.data) return <Waiting />;
  const sender = { sdkAppId, origin: window.location.origin, userId, userSig: signed.data.userSig, to };
  const text =
    kind === 'sdk'
      ? sdkRecipe(sender, t('recipe.helloSdk'))
      : curlRecipe(sender, t('recipe.helloCurl'), random);
  return (
    <>
      <p className="faint">{t(`recipe.${kind}Lead`, { user: userId, to })}</p>
      <Code text={text} label={t(`recipe.${kind}`)} />
    </>
  );
}
