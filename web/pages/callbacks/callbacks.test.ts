import { describe, expect, it } from 'vitest';
import type { CallbackCommand, Setting } from '../../api/types';
import { byFamily, eventKey, FAMILIES } from './events';
import { isPem, readSearch, textOf, urlProblem } from './search';

const command = (name: string): CallbackCommand => ({
  name,
  chinese: '',
  meaning: '',
  before: false,
  since: 2019,
  on: false,
});

describe('events', () => {
  it('are each in one family', () => {
    const all = FAMILIES.flatMap(({ events }): readonly string[] => events);
    expect(all.length).toBe(35);
    expect(new Set(all).size).toBe(all.length);
  });

  it('that the console does not know come last, and families without any are left out', () => {
    const names = ['Push.OfflinePush', 'Bot.OnC2CMessage', 'State.StateChange'];
    const families = byFamily(names.map(command));
    expect(families.map(({ key, commands }) => [key, commands.map(({ name }) => name)])).toEqual([
      ['people', ['State.StateChange']],
      ['robots', ['Bot.OnC2CMessage']],
      ['other', ['Push.OfflinePush']],
    ]);
    expect(eventKey('Group.CallbackAfterSendMsg')).toBe('Group_CallbackAfterSendMsg');
    expect(eventKey('Push.OfflinePush')).toBeUndefined();
  });
});

describe('the log in the address', () => {
  it.each([
    [{}, {}],
    [{ state: 'recent', search: ' ' }, {}],
    [
      { state: 'dead', search: ' amy ' },
      { state: 'dead', search: 'amy' },
    ],
    [{ state: 'lost', search: 7 }, { search: '7' }],
  ])('%j is %j', (raw, search) => {
    expect(readSearch(raw)).toEqual(search);
  });
});

describe('what is entered', () => {
  it.each([
    ['', undefined],
    ['https://example.com/im?x=1', undefined],
    ['http://192.0.2.7:8080', undefined],
    ['ftp://example.com', 'scheme'],
    ['example.com', 'scheme'],
    ['https://', 'scheme'],
    ['https://example.com/a b', 'blank'],
    ['https://example.com/#x', 'blank'],
  ])('the address %j', (url, problem) => {
    expect(urlProblem(url)).toBe(problem);
  });

  it('is a certificate or nothing', () => {
    expect(['', ' ', '-----BEGIN CERTIFICATE-----\n', 'x'].map(isPem)).toEqual([true, true, true, false]);
  });

  it('has a value even when the server does not know the setting', () => {
    const setting = { name: 'callback_url', value: 'http://h/' } as Setting;
    expect([textOf([setting], 'callback_url'), textOf([setting], 'callback_ca')]).toEqual(['http://h/', '']);
  });
});
