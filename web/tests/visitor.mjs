import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';

const SHOTS = new URL('../.shots/', import.meta.url).pathname;
const WIDE = { width: 1360, height: 860 };
const NARROW = { width: 375, height: 740 };

/** Starts Chromium, quiet towards the outside. */
export function startBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A person at the console, who reads one language. */
export class Visitor {
  static async arrive(browser, url, language) {
    const context = await browser.newContext({
      baseURL: url,
      locale: language,
      viewport: WIDE,
      colorScheme: 'light',
      permissions: ['clipboard-read', 'clipboard-write'],
      reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(8000);
    return new Visitor(context, await context.newPage(), url, language);
  }

  constructor(context, page, url, language) {
    this.context = context;
    this.page = page;
    this.url = url;
    this.language = language;
    this.complaints = [];
    this.texts = JSON.parse(readFileSync(new URL(`../locales/${language}.json`, import.meta.url), 'utf8'));
    page.on('pageerror', (error) => this.complaints.push(`page error: ${error.message}`));
    page.on('console', (message) => {
      // Refused calls are part of the journeys; the browser writes each of them into its console.
      if (message.type() !== 'error' || message.text().startsWith('Failed to load resource')) return;
      this.complaints.push(`console: ${message.text()}`);
    });
  }

  /** The text of a key, as this visitor reads it. */
  t(key, values = {}) {
    const text = key.split('.').reduce((part, name) => part?.[name], this.texts);
    assert.equal(typeof text, 'string', `no text for ${key}`);
    return text.replace(/\{\{(\w+)\}\}/g, (_, name) => String(values[name]));
  }

  go(path) {
    return this.page.goto(path);
  }

  button(key, values) {
    return this.page.getByRole('button', { name: this.t(key, values), exact: true });
  }

  link(key, values) {
    return this.page.getByRole('link', { name: this.t(key, values), exact: true });
  }

  field(label) {
    return this.page.getByLabel(label, { exact: true });
  }

  heading(name) {
    return this.page.getByRole('heading', { name, exact: true });
  }

  async sees(text) {
    await this.page.getByText(text).filter({ visible: true }).first().waitFor();
  }

  region(name) {
    return this.page.getByRole('region', { name, exact: true });
  }

  /** Puts back what a journey that failed half way may have left behind. */
  async startAfresh() {
    this.complaints.length = 0;
    await this.page.unrouteAll({ behavior: 'ignoreErrors' });
    await this.page.setViewportSize(WIDE);
    await this.page.emulateMedia({ colorScheme: 'light' });
  }

  /** Looks at the present page closely: accessible by day and by night, and within a wide and a narrow window. */
  async inspect(name) {
    await this.shoot(name);
    await this.accessible(name);
    await this.page.setViewportSize(NARROW);
    const overflow = await this.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.ok(overflow <= 0, `${name} is ${overflow} pixels too wide for a narrow window`);
    await this.shoot(`${name}-narrow`);
    await this.page.emulateMedia({ colorScheme: 'dark' });
    await this.accessible(`${name}, narrow and dark`);
    await this.page.setViewportSize(WIDE);
    await this.shoot(`${name}-dark`);
    await this.page.emulateMedia({ colorScheme: 'light' });
  }

  async shoot(name) {
    await mkdir(SHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SHOTS, `${this.language}-${name}.png`), fullPage: true });
  }

  async accessible(name) {
    const { violations } = await new AxeBuilder({ page: this.page }).analyze();
    const found = violations.map(
      ({ id, help, nodes }) =>
        `${id}: ${help}\n    ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n    ')}`,
    );
    assert.equal(found.length, 0, `${name}:\n  ${found.join('\n  ')}`);
  }
}
