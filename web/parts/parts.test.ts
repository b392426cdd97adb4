import type { TFunction } from 'i18next';
import { describe, expect, it } from 'vitest';
import { CallError } from '../api/call';
import { csv, dateTime } from './format';
import { problemText } from './problem';
import { userIdProblem } from './userId';

describe('csv', () => {
  it('quotes what would break the row', () => {
    expect(csv([['a', 'say "hi", now', 'two\nlines', 7]])).toBe(
      '\uFEFFa,"say ""hi"", now","two\nlines",7\r\n',
    );
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1'])('makes no formula of %j', (text) => {
    expect(csv([[text]])).toContain(`'${text}`);
  });
});

describe('dateTime', () => {
  it('is the form of the guide, in local time', () => {
    expect(dateTime(new Date(2019, 6, 8, 9, 5, 3).getTime())).toBe('2019-07-08 09:05:03');
  });
});

describe('userIdProblem', () => {
  it.each([
    ['', 'missing'],
    ['a'.repeat(33), 'long'],
    ['爱丽丝', 'characters'],
    ['@TGS#1', 'reserved'],
    ['@RBT#x', 'reserved'],
    ['a'.repeat(32), undefined],
    ['user_1-@example.com', undefined],
  ])('of %j is %s', (userId, problem) => {
    expect(userIdProblem(userId)).toBe(problem);
  });
});

describe('problemText', () => {
  const t = ((key: string, values: object) => `${key} ${JSON.stringify(values)}`) as unknown as TFunction;

  it('knows the names of the server', () => {
    expect(problemText(t, new CallError('SignInFailed', 1, 401, 'no'))).toContain('problem.SignInFailed');
  });

  it('shows the words and the code of what it does not know', () => {
    const text = problemText(t, new CallError('Odd', 60008, 500, 'internal error'));
    expect(text).toBe('problem.refused {"message":"internal error","code":60008}');
  });
});
