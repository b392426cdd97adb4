import { userIdProblem } from '../../parts/userId';

const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'];
export const MOST_PANES = NAMES.length;

/** The users of the panes, from the address; two at first, never the same twice. */
export function readUsers(text: string | undefined): string[] {
  const named = (text ?? '').split(',').filter((name) => userIdProblem(name) === undefined);
  const users = [...new Set(named)].slice(0, MOST_PANES);
  return users.length > 0 ? users : NAMES.slice(0, 2);
}

/** The address form of the users; the usual two need none. */
export function writeUsers(users: readonly string[]): string | undefined {
  const text = users.join(',');
  return text === NAMES.slice(0, 2).join(',') ? undefined : text;
}

/** A name that no pane has yet. */
export function freshUser(users: readonly string[]): string {
  return NAMES.find((name) => !users.includes(name)) ?? `user${users.length + 1}`;
}
