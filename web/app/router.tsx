import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  parseSearchWith,
  redirect,
  stringifySearchWith,
} from '@tanstack/react-router';
import { Basics } from '../pages/app/Basics';
import { AppFrame } from '../pages/app/Frame';
import { CreateApp } from '../pages/apps/Create';
import { readFilter } from '../pages/apps/filter';
import { AppList } from '../pages/apps/List';
import { readSearch } from '../pages/callbacks/search';
import { Features } from '../pages/features/Features';
import { Setup } from '../pages/setup/Setup';
import { SignIn } from '../pages/signin/SignIn';
import { Tools } from '../pages/tools/Tools';
import { requireSession, requireSetUp } from './guard';
import { Broken, Missing, Root } from './Root';
import { Shell } from './Shell';

interface Context {
  queries: QueryClient;
}

const root = createRootRouteWithContext<Context>()({ component: Root, notFoundComponent: Missing });

const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  validateSearch: (raw): { token?: string } => ({ ...optional('token', raw.token) }),
  component: Setup,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (raw): { to?: string } => ({ ...optional('to', raw.to) }),
  beforeLoad: ({ context }) => requireSetUp(context.queries),
  component: SignIn,
});

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  beforeLoad: ({ context, location }) => requireSession(context.queries, location.href),
  component: Shell,
});

const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/apps', replace: true });
  },
});

const apps = createRoute({
  getParentRoute: () => shell,
  path: '/apps',
  validateSearch: readFilter,
  component: AppList,
});

const newApp = createRoute({ getParentRoute: () => apps, path: '/new', component: CreateApp });

const app = createRoute({
  getParentRoute: () => shell,
  path: '/apps/$sdkAppId',
  params: {
    parse: ({ sdkAppId }) => ({ sdkAppId: Number(sdkAppId) }),
    stringify: ({ sdkAppId }) => ({ sdkAppId: String(sdkAppId) }),
  },
  component: AppFrame,
});

const basics = createRoute({ getParentRoute: () => app, path: '/', component: Basics });
const features = createRoute({ getParentRoute: () => app, path: '/features', component: Features });
const callbacks = createRoute({
  getParentRoute: () => app,
  path: '/callbacks',
  validateSearch: readSearch,
  component: lazyRouteComponent(() => import('../pages/callbacks/Callbacks'), 'Callbacks'),
});
const tools = createRoute({ getParentRoute: () => app, path: '/tools', component: Tools });
const tryIt = createRoute({
  getParentRoute: () => app,
  path: '/try',
  validateSearch: (raw): { users?: string } => ({ ...optional('users', raw.users) }),
  component: lazyRouteComponent(() => import('../pages/tryit/TryIt'), 'TryIt'),
});

const tree = root.addChildren([
  setup,
  signIn,
  shell.addChildren([
    home,
    apps.addChildren([newApp]),
    app.addChildren([basics, features, callbacks, tools, tryIt]),
  ]),
]);

export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queries },
    // Plain strings, so that a token of digits or a search for "1e5" stays what it was.
    parseSearch: parseSearchWith((value) => value),
    stringifySearch: stringifySearchWith(String),
    defaultErrorComponent: Broken,
    defaultPreload: false,
    scrollRestoration: true,
  });
}

function optional<K extends string>(key: K, value: unknown): Partial<Record<K, string>> {
  return value === undefined || value === '' ? {} : ({ [key]: String(value) } as Record<K, string>);
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
