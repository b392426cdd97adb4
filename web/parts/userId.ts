const RESERVED = ['@TGS#', '@TOPIC#', '@RBT#', '@TOA#'];

/** What is wrong with a UserID, as a key of `userId.*`: 1 to 32 printable ASCII characters, no reserved start. */
export function userIdProblem(userId: string): 'missing' | 'long' | 'characters' | 'reserved' | undefined {
  if (userId === '') return 'missing';
  if (!/^[\x20-\x7e]*$/.test(userId)) return 'characters';
  if (userId.length > 32) return 'long';
  if (RESERVED.some((start) => userId.startsWith(start))) return 'reserved';
  return undefined;
}
