/** Where to go after signing in, when that is a page of this console; a foreign address is no such page. */
export function returnPath(to: string | undefined, origin: string): string | undefined {
  if (!to?.startsWith('/')) return undefined;
  const address = URL.canParse(to, origin) ? new URL(to, origin) : undefined;
  if (address?.origin !== origin) return undefined;
  const path = address.pathname + address.search + address.hash;
  return path.startsWith('//') ? undefined : path;
}
