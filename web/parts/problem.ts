import type { TFunction } from 'i18next';
import { CallError } from '../api/call';

const KNOWN = [
  'AlreadySetUp',
  'Invalid',
  'NotFound',
  'SetupTokenWrong',
  'SignInFailed',
  'TooManyAttempts',
  'Unreachable',
  'Unreadable',
] as const;

/** Says in the reader's language what went wrong and what to do about it. */
export function problemText(t: TFunction, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof CallError)) return t('problem.unexpected', { message });
  const known = KNOWN.find((name) => name === error.name);
  if (known) return t(`problem.${known}`, { message });
  return t('problem.refused', { message, code: error.code });
}
