const REMEDIES = {
  70001: 'expired',
  70002: 'empty',
  70003: 'damaged',
  70005: 'damaged',
  70009: 'wrongKey',
  70013: 'otherUser',
  70014: 'otherApp',
  70016: 'noKey',
  70020: 'unknownApp',
  70052: 'kicked',
} as const;

/** The cause of a refused UserSig and what to do, as a key of `remedy.*`. */
export function remedyFor(code: number | undefined) {
  return code !== undefined && code in REMEDIES ? REMEDIES[code as keyof typeof REMEDIES] : undefined;
}
