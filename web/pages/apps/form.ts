import type { AppDraft, AppType } from '../../api/types';

export const LONGEST_NAME = 20;
export const LONGEST_INTRODUCTION = 300;

/** An app while it is being written: the type may not be chosen yet. */
export interface AppForm {
  name: string;
  type: AppType | '';
  introduction: string;
}

type Wrong = 'nameMissing' | 'nameLong' | 'type' | 'introduction';

/** What has to be mended before the form can go, by field; the values are keys of `appForm.wrong`. */
export function check(form: AppForm): Partial<Record<keyof AppForm, Wrong>> {
  const name = [...form.name.trim()].length;
  return {
    ...(name === 0 ? { name: 'nameMissing' } : name > LONGEST_NAME ? { name: 'nameLong' } : {}),
    ...(form.type === '' ? { type: 'type' } : {}),
    ...([...form.introduction].length > LONGEST_INTRODUCTION ? { introduction: 'introduction' } : {}),
  };
}

/** The app to send, or undefined while something has to be mended. */
export function draft(form: AppForm): AppDraft | undefined {
  if (form.type === '' || Object.keys(check(form)).length > 0) return undefined;
  return { name: form.name.trim(), type: form.type, introduction: form.introduction.trim() };
}
