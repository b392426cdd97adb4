/** The settings that declare custom fields. */
export const TABLES = {
  profile: 'custom_profile_fields',
  friend: 'custom_friend_fields',
  group: 'custom_group_fields',
  member: 'custom_member_fields',
} as const;

export type TableKind = keyof typeof TABLES;

/** What stands between commas. */
export function split(value: string): string[] {
  return value
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);
}

/** The name of a declared field: what stands before its first colon. */
export function nameOf(declaration: string): string {
  return declaration.split(':', 1)[0]?.trim() ?? '';
}

/** Puts a declaration in the place of the one of its name, or at the end; all others stay letter by letter. */
export function declare(value: string, declaration: string): string {
  const declared = split(value);
  const at = declared.findIndex((one) => nameOf(one) === nameOf(declaration));
  declared[at < 0 ? declared.length : at] = declaration;
  return declared.join(',');
}
