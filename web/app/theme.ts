import { useSyncExternalStore } from 'react';
import { remember, remembered } from './memory';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const listeners = new Set<() => void>();
const dark = window.matchMedia('(prefers-color-scheme: dark)');
let chosen: Theme = THEMES.find((theme) => theme === remembered('theme')) ?? 'system';

/** Applies the remembered theme and follows the system where that was chosen. */
export function startTheme(): void {
  dark.addEventListener('change', apply);
  apply();
}

export function setTheme(theme: Theme): void {
  chosen = theme;
  remember('theme', theme);
  apply();
  for (const listener of listeners) listener();
}

export function useTheme(): Theme {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => chosen,
  );
}

function apply(): void {
  const shown = chosen === 'system' ? (dark.matches ? 'dark' : 'light') : chosen;
  document.documentElement.setAttribute('theme-mode', shown);
  document.documentElement.style.colorScheme = shown;
}
