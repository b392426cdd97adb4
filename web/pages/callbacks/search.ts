import { CALLBACK_STATES, type CallbackState, type Setting } from '../../api/types';

/** The log's filter as the address keeps it: only what differs from the usual. */
export interface LogSearch {
  state?: CallbackState;
  search?: string;
}

/** Reads an address; what it cannot understand it leaves out. */
export function readSearch(raw: Record<string, unknown>): LogSearch {
  const state = CALLBACK_STATES.find((value) => value === raw.state);
  const search = raw.search === undefined ? '' : String(raw.search).trim();
  return { ...(state && state !== 'recent' ? { state } : {}), ...(search ? { search } : {}) };
}

/** The value of a setting. */
export function textOf(settings: readonly Setting[], name: string): string {
  return settings.find((setting) => setting.name === name)?.value ?? '';
}

/** Why the server would not take an address, as far as that can be seen from here. */
export function urlProblem(url: string): 'scheme' | 'blank' | undefined {
  if (url === '') return undefined;
  if (!/^https?:\/\/./.test(url)) return 'scheme';
  return /[\s!$#"<>\\]/.test(url) ? 'blank' : undefined;
}

/** Whether a text may be certificates in PEM. */
export function isPem(text: string): boolean {
  return text.trim() === '' || text.includes('-----BEGIN CERTIFICATE-----');
}
