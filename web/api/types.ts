/** Who is signed in at the console. */
export interface Operator {
  name: string;
  role: 'owner';
}

export const APP_TYPES = [
  'game',
  'social',
  'education',
  'live',
  'commerce',
  'medical',
  'office',
  'tool',
  'other',
] as const;
export type AppType = (typeof APP_TYPES)[number];

export const EDITIONS = ['trial', 'pro', 'trtc', 'trtcTrial', 'im'] as const;
export type Edition = (typeof EDITIONS)[number];

export const APP_STATES = ['enabled', 'expiring', 'stopped'] as const;
export type AppState = (typeof APP_STATES)[number];

export const APP_SORTS = ['created', 'name', 'sdkAppId'] as const;
export type AppSort = (typeof APP_SORTS)[number];

export const PAGE_SIZES = [10, 20, 50] as const;
export type PageSize = (typeof PAGE_SIZES)[number];

/** What an app's edition permits; an absent number means no limit. */
export interface Quota {
  accounts?: number;
  avChatRooms?: number;
  groupMembers: number;
  groupsPerUser: number;
  newGroupsPerDay: number;
  friends: number;
}

/** The part of an app that the operator writes. */
export interface AppDraft {
  name: string;
  type: AppType;
  introduction: string;
}

/** One app. Times are milliseconds since the epoch; without `expiresAt` it does not expire. */
export interface App extends AppDraft {
  sdkAppId: number;
  edition: Edition;
  state: AppState;
  createdAt: number;
  updatedAt: number;
  expiresAt?: number;
  quota: Quota;
  administrators: string[];
  /** Users who have a connection now; only where one app was asked for. */
  onlineUsers?: number;
}

/** What a UserSig says of itself, and whether the server would accept it. */
export interface UserSigReport {
  valid: boolean;
  code?: number;
  message?: string;
  identifier?: string;
  sdkAppId?: number;
  issuedAt?: number;
  expiresAt?: number;
  generation?: 'v1' | 'v2';
  userbuf?: string;
}

/** A UserSig with its span of validity. */
export interface SignedUserSig {
  userSig: string;
  issuedAt: number;
  expiresAt: number;
}

/** What an input for a setting has to offer. Words of lists and declarations of fields stand between commas. */
export type SettingShape =
  | { kind: 'bool' }
  | { kind: 'number'; range?: readonly [number, number] }
  | { kind: 'choice'; values: readonly string[] }
  | { kind: 'list'; most: number }
  | { kind: 'fields'; most: number }
  | { kind: 'text' };

/** One setting of an app; values are texts. `allowed` and `meaning` are the server's own words, in English. */
export type Setting = SettingShape & {
  name: string;
  value: string;
  default: string;
  allowed: string;
  meaning: string;
};

/** A callback command. `chinese` and `meaning` are the server's own words, `before` says that its answer decides. */
export interface CallbackCommand {
  name: string;
  chinese: string;
  meaning: string;
  before: boolean;
  since: number;
  on: boolean;
}

/** How an app's callbacks are set, and what they have come to. `kind` is the kind of failure, `why` the server's words. */
export interface Callbacks {
  settings: Setting[];
  commands: CallbackCommand[];
  breaker: 'closed' | 'open' | 'trying';
  asked: number;
  answered: number;
  lastFailure?: { at: number; why: string; kind: string };
  waiting: number;
  dead: number;
}

export const CALLBACK_STATES = ['recent', 'waiting', 'dead'] as const;
export type CallbackState = (typeof CALLBACK_STATES)[number];

/** One request of a callback; `took` is in milliseconds. */
export interface CallbackEntry {
  number: number;
  command: string;
  at: number;
  took?: number;
  failure?: string;
  kind?: string;
  body?: unknown;
}

/** What was sent as a sample, and what came back. */
export interface CallbackTrial {
  url: string;
  body: unknown;
  took: number;
  status?: number;
  answer?: string;
  failure?: string;
  kind?: string;
}

export interface AppFilter {
  search?: string;
  state?: AppState;
  edition?: Edition;
  sort?: AppSort;
  descending?: boolean;
  page: number;
  pageSize: PageSize;
}

type Nothing = Record<string, never>;

/** Every call of the console: what is asked and what comes back. */
export interface Calls {
  'console.setup.status': { ask: Nothing; reply: { setUp: boolean; version: string } };
  'console.setup.create': {
    ask: { token: string; name: string; password: string };
    reply: { operator: Operator };
  };
  'console.session.create': { ask: { name: string; password: string }; reply: { operator: Operator } };
  'console.session.get': { ask: Nothing; reply: { operator: Operator } };
  'console.session.delete': { ask: Nothing; reply: Nothing };
  'console.app.list': { ask: AppFilter; reply: { apps: App[]; total: number } };
  'console.app.create': { ask: AppDraft; reply: App };
  'console.app.get': { ask: { sdkAppId: number }; reply: App };
  'console.app.update': { ask: AppDraft & { sdkAppId: number }; reply: App };
  'console.app.key': { ask: { sdkAppId: number }; reply: { key: string } };
  'console.administrator.add': { ask: { sdkAppId: number; userId: string }; reply: App };
  'console.administrator.remove': { ask: { sdkAppId: number; userId: string }; reply: App };
  'console.settings.get': { ask: { sdkAppId: number }; reply: { settings: Setting[] } };
  'console.settings.set': {
    ask: { sdkAppId: number; changes: Record<string, string> };
    reply: { settings: Setting[] };
  };
  'console.callback.get': { ask: { sdkAppId: number }; reply: Callbacks };
  'console.callback.set': {
    ask: { sdkAppId: number; settings: Record<string, string> };
    reply: Callbacks;
  };
  'console.callback.list': {
    ask: { sdkAppId: number; state: CallbackState; search?: string; before?: number };
    reply: { callbacks: CallbackEntry[]; next?: number };
  };
  'console.callback.test': { ask: { sdkAppId: number; command: string }; reply: CallbackTrial };
  'console.callback.replay': { ask: { sdkAppId: number; numbers?: number[] }; reply: Callbacks };
  'console.callback.discard': { ask: { sdkAppId: number; numbers?: number[] }; reply: Callbacks };
  'console.usersig.sign': {
    ask: { sdkAppId: number; userId: string; expireSeconds?: number };
    reply: SignedUserSig;
  };
  'console.usersig.verify': {
    ask: { sdkAppId: number; userId: string; userSig: string };
    reply: UserSigReport;
  };
}

export type CallName = keyof Calls;
