import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import type texts from '../locales/zh-CN.json';
import { remember, remembered } from './memory';

export const LANGUAGES = ['zh-CN', 'en-US'] as const;
export type Language = (typeof LANGUAGES)[number];

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof texts };
  }
}

const loaders = {
  'zh-CN': () => import('../locales/zh-CN.json'),
  'en-US': () => import('../locales/en-US.json'),
};

/** Loads the texts of the remembered language, or else of the one the browser prefers. */
export async function startLanguage(): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: {},
    fallbackLng: false,
    interpolation: { escapeValue: false },
    react: { useSuspense: false },
  });
  await setLanguage(preferred(), false);
}

/** Changes the language of the whole console, and remembers it unless told otherwise. */
export async function setLanguage(language: Language, keep = true): Promise<void> {
  const { default: loaded } = await loaders[language]();
  i18next.addResourceBundle(language, 'translation', loaded, true, true);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  if (keep) remember('language', language);
}

export function currentLanguage(): Language {
  return i18next.language === 'en-US' ? 'en-US' : 'zh-CN';
}

function preferred(): Language {
  const kept = LANGUAGES.find((language) => language === remembered('language'));
  if (kept) return kept;
  return navigator.languages.some((tag) => tag.toLowerCase().startsWith('zh')) ? 'zh-CN' : 'en-US';
}
