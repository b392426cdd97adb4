import { nameOf, split } from './declared';

/** Whose fields are declared by types of groups. */
export type GroupFieldKind = 'group' | 'member';

/** The names of the server, in its order. */
export const GROUP_TYPES = ['Private', 'Public', 'ChatRoom', 'AVChatRoom', 'BChatRoom', 'Community'] as const;
export type GroupType = (typeof GROUP_TYPES)[number];

/** What some types are called today. */
export const NEWER_NAMES: Partial<Record<GroupType, string>> = { Private: 'Work', ChatRoom: 'Meeting' };

/** From the highest; each lets in those before it as well. */
export const LEVELS = ['app', 'owner', 'admin', 'member', 'anyone'] as const;
export type Level = (typeof LEVELS)[number];

/** The lowest that may and, of a member's field, perhaps the member itself. */
export interface Access {
  level: Level;
  own: boolean;
}

export interface GroupRights {
  read: Access;
  write: Access;
}

/** The types of groups that have a field, with who may read and write it there. */
export type TypeRights = { readonly [type in GroupType]?: GroupRights };

export interface GroupField {
  name: string;
  types: TypeRights;
}

/** A declaration as the server shows it; without `field` when this page cannot read it. */
export interface DeclaredField {
  name: string;
  declaration: string;
  field: GroupField | undefined;
}

/** Some types of groups with the same rights. */
export interface SameRights {
  types: GroupType[];
  rights: GroupRights;
}

/** Beyond it no name is taken. */
export const LONGEST_NAME = 16;

const NO_MEMBER_FIELDS: readonly GroupType[] = ['AVChatRoom', 'BChatRoom'];

/** The rights where a declaration names none. */
export const USUAL: Record<GroupFieldKind, GroupRights> = {
  group: { read: { level: 'anyone', own: false }, write: { level: 'admin', own: false } },
  member: { read: { level: 'member', own: false }, write: { level: 'admin', own: true } },
};

/** The types of groups that can have such a field; live rooms and broadcasts have none of members. */
export function possible(kind: GroupFieldKind): GroupType[] {
  return GROUP_TYPES.filter((type) => kind === 'group' || !NO_MEMBER_FIELDS.includes(type));
}

export function chosen({ types }: GroupField): GroupType[] {
  return GROUP_TYPES.filter((type) => types[type]);
}

/** All that a setting declares. */
export function readGroupFields(kind: GroupFieldKind, value: string): DeclaredField[] {
  return split(value).map((declaration) => ({
    name: nameOf(declaration),
    declaration,
    field: readGroupField(kind, declaration),
  }));
}

/**
 * Reads `NAME` or `NAME:TYPES:READER:WRITER` with as many parts as are not usual, and further `:TYPES:READER:WRITER` for
 * other types. Types are joined by `+`, and `*` is all.
 */
export function readGroupField(kind: GroupFieldKind, declaration: string): GroupField | undefined {
  const [name = '', ...parts] = declaration.split(':').map((part) => part.trim());
  if (!isName(name)) return undefined;
  const types: { [type in GroupType]?: GroupRights } = {};
  for (let at = 0; at === 0 || at < parts.length; at += 3) {
    const named = readTypes(kind, parts[at] ?? '*');
    const read = readAccess(kind, parts[at + 1], USUAL[kind].read);
    const write = readAccess(kind, parts[at + 2], USUAL[kind].write);
    if (!named || !read || !write) return undefined;
    for (const type of named) {
      if (types[type]) return undefined;
      types[type] = { read, write };
    }
  }
  return { name, types };
}

function readTypes(kind: GroupFieldKind, text: string): GroupType[] | undefined {
  const all = possible(kind);
  if (text === '*') return all;
  const types: GroupType[] = [];
  for (const word of text.split('+')) {
    const name = word.trim();
    const type = all.find((one) => one === name || NEWER_NAMES[one] === name);
    if (!type) return undefined;
    types.push(type);
  }
  return types;
}

function readAccess(kind: GroupFieldKind, text: string | undefined, usual: Access): Access | undefined {
  if (text === undefined) return usual;
  const own = text.endsWith('+own');
  const name = own ? text.slice(0, -'+own'.length) : text;
  const level = LEVELS.find((one) => one === name);
  return level && (kind === 'member' || !own) ? { level, own } : undefined;
}

/** Writes a declaration just as the server shows it. */
export function writeGroupField(kind: GroupFieldKind, field: GroupField): string {
  const groups = sameRights(field);
  const usual = groups.every(({ rights }) => isSame(rights, USUAL[kind]));
  if (usual && isAll(kind, chosen(field))) return field.name;
  const parts = groups.map(({ types, rights }) => {
    const named = isAll(kind, types) ? '*' : types.join('+');
    return `:${named}:${writeAccess(rights.read)}:${writeAccess(rights.write)}`;
  });
  return field.name + parts.join('');
}

function writeAccess({ level, own }: Access): string {
  return own ? `${level}+own` : level;
}

/** The types of a field, those of the same rights together. */
export function sameRights(field: GroupField): SameRights[] {
  const groups: SameRights[] = [];
  for (const type of chosen(field)) {
    const rights = field.types[type];
    if (!rights) continue;
    const group = groups.find((one) => isSame(one.rights, rights));
    if (group) group.types.push(type);
    else groups.push({ types: [type], rights });
  }
  return groups;
}

export function isAll(kind: GroupFieldKind, types: readonly GroupType[]): boolean {
  return types.length === possible(kind).length;
}

function isSame(one: GroupRights, other: GroupRights): boolean {
  return (['read', 'write'] as const).every(
    (right) => one[right].level === other[right].level && one[right].own === other[right].own,
  );
}

/** The field with or without a type of group; a type that is new gets the usual rights. */
export function withType(kind: GroupFieldKind, field: GroupField, type: GroupType, on: boolean): GroupField {
  const { [type]: had, ...rest } = field.types;
  return { ...field, types: on ? { ...rest, [type]: had ?? USUAL[kind] } : rest };
}

export type NameWrong = 'missing' | 'form' | 'taken' | 'ofGroups' | 'ofMembers';

/** Why a new field cannot have this name; keys of `groupField.wrong`. */
export function checkName(
  kind: GroupFieldKind,
  name: string,
  taken: Readonly<Record<GroupFieldKind, readonly string[]>>,
): NameWrong | undefined {
  if (name === '') return 'missing';
  if (!isName(name)) return 'form';
  if (taken[kind].includes(name)) return 'taken';
  const other = kind === 'group' ? 'member' : 'group';
  if (!taken[other].includes(name)) return undefined;
  return other === 'group' ? 'ofGroups' : 'ofMembers';
}

function isName(word: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]{0,15}$/.test(word);
}
