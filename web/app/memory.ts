/** Preferences kept in this browser; a browser that keeps nothing still works. */
export function remembered(name: string): string | undefined {
  try {
    return localStorage.getItem(`feihong.${name}`) ?? undefined;
  } catch {
    return undefined;
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`feihong.${name}`, value);
  } catch {
    // Storage may be full or forbidden; the preference then lasts as long as the page.
  }
}
