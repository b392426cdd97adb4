import { describe, expect, it } from 'vitest';
import { purchaseOffers } from './apps/columns';
import { readFilter, toFilter } from './apps/filter';
import { draft } from './apps/form';
import { changed, check as checkSetting, others } from './features/cards';
import { declare } from './fields/declared';
import { checkKeyword, isUsable, readFields, writeField } from './fields/userFields';
import { check } from './setup/form';
import { returnPath } from './signin/return';
import { toSeconds } from './tools/days';
import { curlRecipe, sdkRecipe } from './tryit/recipes';
import { freshUser, readUsers, writeUsers } from './tryit/users';

describe('the filter in the address', () => {
  it('leaves out what is usual and what it cannot understand', () => {
    expect(readFilter({ sort: 'created', page: '1', pageSize: '10', state: 'odd', search: '  ' })).toEqual(
      {},
    );
    expect(readFilter({ page: '-3', pageSize: '7', edition: 5 })).toEqual({});
  });

  it('comes back from the address as it went in', () => {
    const search = readFilter({
      search: 'shop',
      state: 'expiring',
      sort: 'name',
      descending: 'true',
      page: '3',
    });
    expect(search).toEqual({ search: 'shop', state: 'expiring', sort: 'name', descending: true, page: 3 });
    expect(readFilter({ ...search })).toEqual(search);
  });

  it('asks for the newest first unless told otherwise', () => {
    expect(toFilter({})).toEqual({ sort: 'created', descending: true, page: 1, pageSize: 10 });
    expect(toFilter({ sort: 'name' })).toMatchObject({ sort: 'name', descending: false });
    expect(toFilter(readFilter({ descending: 'false' }))).toMatchObject({
      sort: 'created',
      descending: false,
    });
  });
});

describe('an app being written', () => {
  it('is sent trimmed, and only when whole', () => {
    expect(draft({ name: ' Shop ', type: 'game', introduction: ' x ' })).toEqual({
      name: 'Shop',
      type: 'game',
      introduction: 'x',
    });
    expect(draft({ name: 'Shop', type: '', introduction: '' })).toBeUndefined();
    expect(draft({ name: '  ', type: 'game', introduction: '' })).toBeUndefined();
  });

  it('counts characters, not code units', () => {
    expect(draft({ name: '👋'.repeat(20), type: 'game', introduction: '' })).toBeDefined();
    expect(draft({ name: '商'.repeat(21), type: 'game', introduction: '' })).toBeUndefined();
    expect(draft({ name: 'a', type: 'game', introduction: '商'.repeat(301) })).toBeUndefined();
  });
});

describe('plan offers', () => {
  it.each([
    ['trial', 'enabled', ['upgrade']],
    ['trtcTrial', 'enabled', ['upgrade']],
    ['pro', 'expiring', ['upgrade', 'renew']],
    ['pro', 'stopped', ['buy']],
    ['trtc', 'enabled', ['renew']],
    ['im', 'enabled', []],
  ] as const)('of %s, %s', (edition, state, offers) => {
    expect(purchaseOffers({ edition, state })).toEqual(offers);
  });
});

describe('the set-up form', () => {
  it('wants a token, a name, a long password, twice', () => {
    expect(check({ token: '', name: ' ', password: 'short', again: 'other' })).toEqual({
      token: 'token',
      name: 'name',
      password: 'password',
      again: 'again',
    });
    expect(check({ token: 't', name: 'o', password: '0123456789', again: '0123456789' })).toEqual({});
  });
});

describe('a setting', () => {
  const words = { name: 'x', value: '5', default: '5', allowed: '', meaning: '' };
  const days = { ...words, kind: 'number', range: [1, 10] } as const;
  const list = { ...words, kind: 'list', most: 2 } as const;

  it.each([
    [days, ' 10 ', undefined],
    [days, '11', 'range'],
    [days, '1.5', 'number'],
    [days, '', 'number'],
    [list, 'exe, apk', undefined],
    [list, '', undefined],
    [list, 'EightLet', undefined],
    [list, 'NineLette', 'list'],
    [list, 'mp3,7z', undefined],
    [list, 'a,b,c', 'many'],
    [{ ...words, kind: 'text' } as const, 'anything', undefined],
  ])('is checked before it goes: %j %s', (setting, value, wrong) => {
    expect(checkSetting(setting, value)).toBe(wrong);
  });

  it('is sent only when it changes something', () => {
    expect(changed([days, { ...list, name: 'y' }], { x: ' 5 ', y: 'a' })).toEqual({ y: 'a' });
  });

  it('without a card of its own is among the others', () => {
    const names = ['multi_device', 'custom_friend_fields', 'callback_url', 'callbacks', 'brand_new'];
    const named = names.map((name) => ({ ...days, name }));
    expect(others(named).map(({ name }) => name)).toEqual(['brand_new']);
  });
});

describe('custom fields', () => {
  it('are read in every form and written in full', () => {
    const fields = readFields('Team,Rank:number:r:-');
    expect(fields[1]).toEqual({
      keyword: 'Rank',
      type: 'number',
      clients: { read: true, write: false },
      backend: { read: false, write: false },
    });
    expect(fields.map((field) => writeField('profile', field))).toEqual([
      'Team:any:rw:rw',
      'Rank:number:r:-',
    ]);
    expect(fields.map((field) => writeField('friend', field))).toEqual(['Team:any', 'Rank:number']);
    expect(fields.map(isUsable)).toEqual([true, false]);
    expect(readFields('')).toEqual([]);
  });

  it('change one at a time', () => {
    const before = 'Team,Rank:number:r:rw:of a newer server,Mood:any';
    expect(declare(before, 'Team:text')).toBe('Team:text,Rank:number:r:rw:of a newer server,Mood:any');
    expect(declare(before, 'Ran:text')).toBe(`${before},Ran:text`);
    expect(declare('', 'Team')).toBe('Team');
  });

  it.each([
    ['', 'missing'],
    ['Rank1', 'letters'],
    ['ninechars', 'letters'],
    ['Team', 'taken'],
    ['Rank', undefined],
  ])('keyword %j', (keyword, wrong) => {
    expect(checkKeyword(keyword, readFields('Team'))).toBe(wrong);
  });
});

describe('the way back after signing in', () => {
  const origin = 'http://127.0.0.1:7400';

  it.each([
    ['/apps?search=a%26b&page=2', '/apps?search=a%26b&page=2'],
    [undefined, undefined],
    ['https://example.org/', undefined],
    ['//example.org/', undefined],
    ['/\\example.org', undefined],
    ['/.//example.org', undefined],
    ['javascript:alert(1)', undefined],
  ])('of %s is %s', (to, path) => {
    expect(returnPath(to, origin)).toBe(path);
  });
});

describe('days of validity', () => {
  it.each([
    ['180', 15_552_000],
    [' 1 ', 86_400],
    ['0', undefined],
    ['3651', undefined],
    ['1.5', undefined],
    ['', undefined],
  ])('%j', (days, seconds) => {
    expect(toSeconds(days)).toBe(seconds);
  });
});

describe('the users of the panes', () => {
  it('are two at first, never one twice, at most six', () => {
    expect(readUsers(undefined)).toEqual(['alice', 'bob']);
    expect(readUsers('x,x,y')).toEqual(['x', 'y']);
    expect(readUsers('a,b,c,d,e,f,g')).toHaveLength(6);
    expect(writeUsers(['alice', 'bob'])).toBeUndefined();
    expect(readUsers(writeUsers(['alice', 'zed']))).toEqual(['alice', 'zed']);
    expect(freshUser(['alice', 'carol'])).toBe('bob');
  });
});

describe('recipes', () => {
  const sender = {
    sdkAppId: 1400000001,
    origin: 'http://127.0.0.1:7400',
    userId: "o'hara",
    userSig: 's*-_',
    to: 'bob',
  };

  it('hold the words of strangers as plain text', () => {
    expect(sdkRecipe(sender, "it's")).toContain(`userID: 'o\\'hara', userSig: 's*-_'`);
    expect(sdkRecipe(sender, "it's")).toContain(`text: 'it\\'s'`);
    expect(curlRecipe(sender, "it's", 7)).toContain(`it'\\''s`);
  });

  it('point at the server that served the page', () => {
    expect(sdkRecipe(sender, 'hi')).toContain(`proxyServer: 'ws://127.0.0.1:7400'`);
    const address = /'(http[^']+)'/.exec(curlRecipe(sender, 'hi', 7))?.[1];
    expect(address && Object.fromEntries(new URL(address).searchParams)).toEqual({
      sdkappid: '1400000001',
      identifier: "o'hara",
      usersig: 's*-_',
      random: '7',
      contenttype: 'json',
    });
  });

  it('take ten lines', () => {
    expect(sdkRecipe(sender, 'hi').trim().split('\n').length).toBeLessThanOrEqual(10);
  });
});
