import { describe, expect, it } from 'vitest';
import { declare } from './declared';
import {
  checkName,
  chosen,
  type GroupRights,
  possible,
  readGroupField,
  readGroupFields,
  sameRights,
  USUAL,
  withType,
  writeGroupField,
} from './groupFields';

const rights = (read: GroupRights['read']['level'], write: GroupRights['write']['level']): GroupRights => ({
  read: { level: read, own: false },
  write: { level: write, own: false },
});

describe('a declaration of a field of groups', () => {
  it.each([
    'city',
    '_1',
    'city:Public:anyone:admin',
    'city:*:member:app',
    'city:Public+ChatRoom:anyone:admin:AVChatRoom:anyone:owner',
    'city:Private:member:owner:Public:anyone:admin:BChatRoom:app:app',
    'city:Private+Community:owner:owner:Public+AVChatRoom:member:member',
  ])('%s goes back to the server as it came', (text) => {
    const field = readGroupField('group', text);
    expect(field && writeGroupField('group', field)).toBe(text);
  });

  it('has the usual rights where it names none, in every type where it names none', () => {
    const usual = rights('anyone', 'admin');
    expect(readGroupField('group', 'city')?.types).toEqual(
      Object.fromEntries(possible('group').map((type) => [type, usual])),
    );
    expect(readGroupField('group', 'city:*')).toEqual(readGroupField('group', 'city'));
    expect(readGroupField('group', 'city:Public')?.types).toEqual({ Public: usual });
    expect(readGroupField('group', 'city:Public:member')?.types).toEqual({
      Public: rights('member', 'admin'),
    });
    expect(readGroupField('group', 'city:Public:app:app:Private')?.types).toEqual({
      Public: rights('app', 'app'),
      Private: usual,
    });
  });

  it.each([
    ['city:Work+Meeting', 'city:Private+ChatRoom:anyone:admin'],
    ['city:Public:anyone:admin:Private:member:owner', 'city:Private:member:owner:Public:anyone:admin'],
    ['city:Community+Public', 'city:Public+Community:anyone:admin'],
    [' city : Public + Private : member : app ', 'city:Private+Public:member:app'],
    ['city:*:anyone:admin', 'city'],
    ['city:Private+Public+ChatRoom:app:app:AVChatRoom+BChatRoom+Community:app:app', 'city:*:app:app'],
  ])('%s is written as the server would: %s', (text, shown) => {
    const field = readGroupField('group', text);
    expect(field && writeGroupField('group', field)).toBe(shown);
  });

  it.each([
    '',
    '1st',
    'a-b',
    'städte',
    'seventeen_letters',
    'city:',
    'city:Nowhere',
    'city:public',
    'city:*+Public',
    'city:Public:',
    'city:Public:nobody',
    'city:Public:member:admin:',
    'city:Public:member+own',
    'city:Public+Public',
    'city:Private+Work',
    'city:*:member:admin:Public:member:admin',
  ])('%j is none', (text) => {
    expect(readGroupField('group', text)).toBeUndefined();
  });
});

describe('a declaration of a field of members', () => {
  it.each([
    'badge',
    'badge:Private:owner+own:app+own',
    'badge:*:anyone:admin',
    'badge:Public:member:admin+own',
    'badge:Private+ChatRoom:member:app:Public:admin+own:admin:Community:member:app+own',
  ])('%s goes back to the server as it came', (text) => {
    const field = readGroupField('member', text);
    expect(field && writeGroupField('member', field)).toBe(text);
  });

  it('is of no live room and no broadcast, and lets members write their own', () => {
    const field = readGroupField('member', 'badge');
    expect(field && chosen(field)).toEqual(['Private', 'Public', 'ChatRoom', 'Community']);
    expect(field?.types.Public).toEqual({
      read: { level: 'member', own: false },
      write: { level: 'admin', own: true },
    });
  });

  it.each(['badge:AVChatRoom', 'badge:Public+BChatRoom', 'badge:Public:own', 'badge:Public:+own'])(
    '%s is none',
    (text) => {
      expect(readGroupField('member', text)).toBeUndefined();
    },
  );
});

describe('fields of groups', () => {
  it('are told apart from those that cannot be read, which stay as they are', () => {
    const value = 'city,next:Channel:member:admin,plan:Public:app:app';
    const fields = readGroupFields('group', value);
    expect(fields.map(({ name }) => name)).toEqual(['city', 'next', 'plan']);
    expect(fields[1]).toEqual({ name: 'next', declaration: 'next:Channel:member:admin', field: undefined });
    const plan = fields[2]?.field;
    const wider = plan && writeGroupField('group', withType('group', plan, 'Private', true));
    expect(declare(value, wider ?? '')).toBe(
      'city,next:Channel:member:admin,plan:Private:anyone:admin:Public:app:app',
    );
    expect(readGroupFields('group', '')).toEqual([]);
  });

  it('gather the types of the same rights', () => {
    const field = readGroupField('group', 'city:Public:anyone:admin:Private:member:owner:Community');
    expect(field && sameRights(field)).toEqual([
      { types: ['Private'], rights: rights('member', 'owner') },
      { types: ['Public', 'Community'], rights: rights('anyone', 'admin') },
    ]);
  });

  it('gain and lose types without a word about the others', () => {
    const none = { name: 'badge', types: {} };
    const one = withType('member', none, 'Public', true);
    expect(one.types).toEqual({ Public: USUAL.member });
    expect(withType('member', one, 'Public', false)).toEqual(none);
    const kept = readGroupField('member', 'badge:Public:app:app');
    expect(kept && withType('member', kept, 'Public', true)).toEqual(kept);
  });

  const taken = { group: ['city'], member: ['badge'] };

  it.each([
    ['group', '', 'missing'],
    ['group', '1st', 'form'],
    ['group', 'a-b', 'form'],
    ['group', 'seventeen_letters', 'form'],
    ['group', 'Sixteen_letters_', undefined],
    ['group', 'city', 'taken'],
    ['group', 'City', undefined],
    ['group', 'badge', 'ofMembers'],
    ['member', 'city', 'ofGroups'],
    ['member', 'badge', 'taken'],
    ['member', '_2', undefined],
  ] as const)('of %ss named %j', (kind, name, wrong) => {
    expect(checkName(kind, name, taken)).toBe(wrong);
  });
});
