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
  'tim-js-sdk-friendship': 'tim-js-sdk/tim-js-friendship.js',
  'lite-chat': '@tencentcloud/lite-chat/professional.js',
  'tim-upload-plugin': 'tim-upload-plugin/index.js',
};
const PARAMETERS = ['module', 'exports', 'require', 'window', 'self', 'navigator', 'location', 'localStorage', 'document',
  'WebSocket', 'XMLHttpRequest', 'Image', 'Worker', 'HTMLInputElement', 'console'];
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36';
const quiet = new Proxy({}, { get: () => () => {} });
const compiled = new Map();

function script(name) {
  if (!compiled.has(name)) {
    const file = new URL(`./node_modules/${FILES[name]}`, import.meta.url);
    compiled.set(name, vm.compileFunction(readFileSync(file, 'utf8'), PARAMETERS, { filename: file.pathname }));
  }
  return compiled.get(name);
}

class Storage extends Map {
  getItem(key) { return this.get(key) ?? null; }
  setItem(key, value) { this.set(key, String(value)); }
  removeItem(key) { this.delete(key); }
}

/** A picture that always loads, 640 by 480. */
class Picture {
  set src(_) { Object.assign(this, { width: 640, height: 480 }); setTimeout(() => this.onload?.call(this), 1); }
}

/** As much of XMLHttpRequest as the SDKs use; reaches the server alone. */
const requestsTo = (address) => class {
  readyState = 0; status = 0; statusText = ''; responseText = ''; upload = {}; headers = {}; answered = '';
  open(method, url) { Object.assign(this, { method, url }); }
  setRequestHeader(name, value) { this.headers[name] = value; }
  getAllResponseHeaders() { return this.answered; }
  abort() {}
  async send(body) {
    try {
      if (new URL(this.url).host !== address) throw new Error(`${this.url} is out of reach`);
      const answer = await fetch(this.url, { method: this.method, headers: this.headers, body });
      this.responseText = await answer.text();
      this.answered = [...answer.headers].map((pair) => pair.join(': ')).join('\r\n');
      Object.assign(this, { status: answer.status, statusText: answer.statusText, readyState: 4 });
      this.onreadystatechange?.();
      this.onload?.({});
    } catch (error) {
      this.readyState = 4;
      this.onreadystatechange?.();
      this.onerror?.({ message: String(error) });
    }
  }
};

/** Sockets that keep to the server, unless `opened` is unplugged, and are kept to look at. */
const socketsTo = (address, opened) => class extends WebSocket {
  constructor(url, ...rest) {
    // lite-chat 4.2.1 has no option for the address: the page hands it a socket that knows where to go.
    super(`ws://${opened.unplugged ? '127.0.0.1:1' : address}${url.slice(url.indexOf('/', 8))}`, ...rest);
    this.on('error', () => {});
    this.on('open', () => { this.since = Date.now(); });
    opened.push(this);
  }
};

/** A page: the SDK loaded in it, the upload plugin, and the sockets opened so far. Only `address` is reached. */
export function page(name, address) {
  const sockets = [];
  const window = {
    navigator: { userAgent: AGENT, onLine: true, language: 'en', cookieEnabled: true },
    location: { href: 'http://localhost/', protocol: 'http:', host: 'localhost', hostname: 'localhost' },
    localStorage: new Storage(), performance, setTimeout, clearTimeout, setInterval, clearInterval,
    URL: { createObjectURL: () => 'blob:page', revokeObjectURL() {} },
    addEventListener() {}, removeEventListener() {},
  };
  window.window = window.self = window;
  const document = { charset: 'UTF-8', characterSet: 'UTF-8', hidden: false, cookie: '', addEventListener() {}, removeEventListener() {}, createElement: () => ({}) };
  const [Socket, Requests] = [socketsTo(address, sockets), requestsTo(address)];
  const load = (which) => {
    const module = { exports: {} };
    script(which).call(window, module, module.exports, require, window, window, window.navigator, window.location,
      window.localStorage, document, Socket, Requests, Picture, undefined, class {}, quiet);
    return module.exports.default ?? module.exports;
  };
  return { SDK: load(name), plugin: load('tim-upload-plugin'), sockets };
}
