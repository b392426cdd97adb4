import type { Setting } from '../../api/types';
import type { Unit } from '../../parts/format';
import { split, TABLES } from '../fields/declared';

/** The cards in their two columns, and the settings that each shows. */
export const COLUMNS = [
  [
    { key: 'login', names: ['multi_device'] },
    { key: 'web', names: ['web_instances', 'hello_interval'] },
    { key: 'roaming', names: ['roaming_days'] },
    { key: 'relations', names: ['allow_type'] },
    { key: 'groups', names: ['group_messages_per_second', 'community', 'room_history'] },
  ],
  [
    {
      key: 'messages',
      names: [
        'client_roaming',
        'relation_check',
        'blocked_sender_sees_success',
        'recall_seconds',
        'recent_contacts',
      ],
    },
    { key: 'services', names: ['user_status', 'all_member_push', 'cloud_search'] },
    { key: 'files', names: ['upload_megabytes', 'image_megabytes', 'file_days', 'refused_file_types'] },
  ],
] as const;

export type Card = (typeof COLUMNS)[number][number];
export type KnownName = Card['names'][number];

const KNOWN: readonly KnownName[] = COLUMNS.flatMap((cards) => cards.flatMap((card) => [...card.names]));

/** The name, when the console has texts for the setting. */
export function known(name: string): KnownName | undefined {
  return KNOWN.find((one) => one === name);
}

export const CHOICES = {
  multi_device: ['single', 'dual', 'triple', 'multi'],
  allow_type: ['any', 'confirm', 'deny'],
} as const;

export const UNITS: Partial<Record<KnownName, Unit>> = {
  hello_interval: 'second',
  recall_seconds: 'second',
  roaming_days: 'day',
  file_days: 'day',
  upload_megabytes: 'megabyte',
  image_megabytes: 'megabyte',
};

/** The periods of the guide; others can be typed. */
export const PERIODS = [7, 30, 90, 180, 360] as const;

/** The settings of these names, in their order; a server without one of them does not get it asked. */
export function pick(settings: readonly Setting[], names: readonly string[]): Setting[] {
  return names.flatMap((name) => settings.filter((setting) => setting.name === name));
}

/** What no card of its own shows. */
export function others(settings: readonly Setting[]): Setting[] {
  const tables: readonly string[] = Object.values(TABLES);
  // Callbacks have a tab of their own.
  return settings.filter(
    ({ name }) => !known(name) && !tables.includes(name) && !name.startsWith('callback'),
  );
}

export type Wrong = 'number' | 'range' | 'list' | 'many';

/** Why the server would not take a value, as far as that can be seen from here; keys of `features.wrong`. */
export function check(setting: Setting, value: string): Wrong | undefined {
  if (setting.kind === 'number') {
    const number = /^-?\d{1,15}$/.test(value.trim()) ? Number(value) : undefined;
    if (number === undefined) return 'number';
    const [low, high] = setting.range ?? [number, number];
    return number < low || number > high ? 'range' : undefined;
  }
  if (setting.kind === 'list') {
    const words = split(value);
    if (words.length > setting.most) return 'many';
    return words.every((word) => /^[A-Za-z0-9]{1,8}$/.test(word)) ? undefined : 'list';
  }
  return undefined;
}

/** The edits that change something. */
export function changed(settings: readonly Setting[], edits: Readonly<Record<string, string>>) {
  const pairs = settings.flatMap(({ name, value }) => {
    const edit = edits[name]?.trim();
    return edit === undefined || edit === value ? [] : [[name, edit] as const];
  });
  return Object.fromEntries(pairs);
}
