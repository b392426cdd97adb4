import { split } from './declared';

/** Whose fields have a keyword and a type. */
export type UserKind = 'profile' | 'friend';

export const FIELD_TYPES = ['text', 'number', 'any'] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

export interface Rights {
  read: boolean;
  write: boolean;
}

/** A declared custom field. Those of friends are the user's own, and have no rights. */
export interface CustomField {
  keyword: string;
  type: FieldType;
  clients: Rights;
  backend: Rights;
}

/** Beyond it no keyword is taken. */
export const LONGEST_KEYWORD = 8;

/** What stands before the keyword in requests. */
export const PREFIXES: Record<UserKind, string> = {
  profile: 'Tag_Profile_Custom_',
  friend: 'Tag_SNS_Custom_',
};

const ALL: Rights = { read: true, write: true };

/** Reads declarations such as `Team,Rank:number:r:rw`. */
export function readFields(value: string): CustomField[] {
  return split(value).map((declaration) => {
    const [keyword = '', type, clients, backend] = declaration.split(':').map((part) => part.trim());
    return {
      keyword,
      type: FIELD_TYPES.find((one) => one === type) ?? 'any',
      clients: readRights(clients),
      backend: readRights(backend),
    };
  });
}

/** Writes a declaration in full; the server shortens it. */
export function writeField(kind: UserKind, { keyword, type, clients, backend }: CustomField): string {
  if (kind === 'friend') return `${keyword}:${type}`;
  return [keyword, type, writeRights(clients), writeRights(backend)].join(':');
}

function readRights(text: string | undefined): Rights {
  return text === undefined ? ALL : { read: text.includes('r'), write: text.includes('w') };
}

function writeRights({ read, write }: Rights): string {
  return `${read ? 'r' : ''}${write ? 'w' : ''}` || '-';
}

export type FieldWrong = 'missing' | 'letters' | 'taken';

/** Why a new field cannot have this keyword; keys of `field.wrong`. */
export function checkKeyword(keyword: string, fields: readonly CustomField[]): FieldWrong | undefined {
  if (keyword === '') return 'missing';
  if (!/^[A-Za-z]{1,8}$/.test(keyword)) return 'letters';
  return fields.some((field) => field.keyword === keyword) ? 'taken' : undefined;
}

/** Whether somebody may read the field and somebody may write it. */
export function isUsable({ clients, backend }: CustomField): boolean {
  return (clients.read || backend.read) && (clients.write || backend.write);
}
