// A page for one copy of an unmodified SDK: the published file is evaluated anew with globals of its own, so that
// several users, and several pages of one user, live in one process.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import vm from 'node:vm';
import WebSocket from 'ws';

const require = createRequire(import.meta.url);
const FILES = {
  chat: '@tencentcloud/chat/index.js',
  'tim-js-sdk': 'tim-js-sdk/tim-js.js',
  'lite-chat': '@tencentcloud/lite-chat/professional.js',
};
const GLOBALS = ['module', 'exports', 'require', 'window', 'self', 'navigator', 'location', 'localStorage', 'document'];
const LATE = ['WebSocket', 'XMLHttpRequest', 'Image', 'Worker', 'HTMLInputElement', 'console'];
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36';
const quiet = new Proxy({}, { get: () => () => {} });

function evaluate(name) {
  const file = new URL(`./node_modules/${FILES[name]}`, import.meta.url);
  return vm.compileFunction(readFileSync(file, 'utf8'), [...GLOBALS, ...LATE], { filename: file.pathname });
}
const compiled = new Map();

class Storage extends Map {
  getItem(key) { return this.get(key) ?? null; }
  setItem(key, value) { this.set(key, String(value)); }
  removeItem(key) { this.delete(key); }
}

/** A page with the SDK loaded: its export, and the sockets it has opened. Nothing outside `address` is reached. */
export function page(name, address) {
  if (!compiled.has(name)) compiled.set(name, evaluate(name));
  const sockets = [];
  class Socket extends WebSocket {
    constructor(url, ...rest) {
      // lite-chat 4.2.1 has no option for the address: the page hands it a socket that knows where to go.
      const foreign = new URL(url).host !== address;
      super(foreign ? `ws://${address}${url.slice(url.indexOf('/', 8))}` : url, ...rest);
      this.on('error', () => {});
      this.on('open', () => { this.since = Date.now(); });
      sockets.push(this);
    }
  }
  const window = {
    navigator: { userAgent: AGENT, onLine: true, language: 'en', cookieEnabled: true },
    location: { href: 'http://localhost/', protocol: 'http:', host: 'localhost', hostname: 'localhost' },
    localStorage: new Storage(), performance, setTimeout, clearTimeout, setInterval, clearInterval,
    URL: { createObjectURL: () => 'blob:page', revokeObjectURL() {} },
    addEventListener() {}, removeEventListener() {},
  };
  window.window = window.self = window;
  const document = { charset: 'UTF-8', characterSet: 'UTF-8', hidden: false, cookie: '', addEventListener() {}, removeEventListener() {}, createElement: () => ({}) };
  class Nothing { open() {} setRequestHeader() {} send() { setTimeout(() => this.onerror?.({ message: 'unreachable' }), 1); } abort() {} }
  const module = { exports: {} };
  compiled.get(name).call(window, module, module.exports, require, window, window, window.navigator, window.location,
    window.localStorage, document, Socket, Nothing, Nothing, undefined, class {}, quiet);
  return { SDK: module.exports.default ?? module.exports, sockets };
}
