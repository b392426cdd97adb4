export const SHORTEST_PASSWORD = 10;

export interface SetupForm {
  token: string;
  name: string;
  password: string;
  again: string;
}

type Wrong = 'token' | 'name' | 'password' | 'again';

/** What has to be mended before the form can go, by field; the values are keys of `setup.wrong`. */
export function check(form: SetupForm): Partial<Record<keyof SetupForm, Wrong>> {
  return {
    ...(form.token.trim() === '' ? { token: 'token' } : {}),
    ...(form.name.trim() === '' ? { name: 'name' } : {}),
    ...([...form.password].length < SHORTEST_PASSWORD ? { password: 'password' } : {}),
    ...(form.again !== form.password ? { again: 'again' } : {}),
  };
}
