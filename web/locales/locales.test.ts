import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import en from './en-US.json';
import zh from './zh-CN.json';

type Texts = { [key: string]: string | Texts };

function flatten(texts: Texts, before = ''): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [key, value] of Object.entries(texts)) {
    if (typeof value === 'string') flat.set(before + key, value);
    else for (const [inner, text] of flatten(value, `${before}${key}.`)) flat.set(inner, text);
  }
  return flat;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) && !entry.name.includes('.test.') ? [readFileSync(path, 'utf8')] : [];
  });
}

/** Whether some source asks for the key, in full or through a template such as `t(`phase.${phase}`)`. */
function isUsed(key: string, literals: ReadonlySet<string>, patterns: readonly RegExp[]): boolean {
  return literals.has(key) || patterns.some((pattern) => pattern.test(key));
}

const chinese = flatten(zh);
const english = flatten(en);
const variables = (text: string | undefined) =>
  [...(text ?? '').matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

describe('the two languages', () => {
  it('have the same keys', () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort());
  });

  it('fill the same variables', () => {
    for (const [key, text] of chinese)
      expect([key, variables(english.get(key))]).toEqual([key, variables(text)]);
  });

  it('leave nothing empty, and nothing in the other language', () => {
    for (const text of [...chinese.values(), ...english.values()]) expect(text.trim()).not.toBe('');
    for (const [key, text] of english) expect([key, /[\u4e00-\u9fff]/.test(text)]).toEqual([key, false]);
  });
});

describe('every text', () => {
  const code = ['app', 'pages', 'parts'].flatMap(sources).join('\n');
  const literals = new Set([...code.matchAll(/\bt\(\s*'([\w.]+)'/g)].map(([, key]) => key ?? ''));
  const patterns = [...code.matchAll(/\bt\(\s*`([^`]+)`/g)].map(
    ([, template]) =>
      new RegExp(`^${(template ?? '').replaceAll('.', '\\.').replaceAll(/\$\{[^}]+\}/g, '\\w+')}$`),
  );

  it('is used somewhere', () => {
    expect(literals.size).toBeGreaterThan(80);
    expect([...chinese.keys()].filter((key) => !isUsed(key, literals, patterns))).toEqual([]);
  });
});
