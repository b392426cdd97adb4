// The real server with empty data, an app of its own, and users who sign in through an SDK.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { page } from './browser.mjs';

const { Api } = createRequire(import.meta.url)('tls-sig-api-v2');
const BINARY = process.env.FEIHONG_BIN ?? fileURLToPath(new URL('../../target/debug/feihong', import.meta.url));
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Waits until something is so. */
export async function until(what, check, ms = 20_000) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) throw new Error(`never happened: ${what}`);
    await pause(20);
  }
}

export class World {
  static async start() {
    const world = new World();
    world.data = mkdtempSync(join(tmpdir(), 'feihong-sdk-'));
    await world.serve('127.0.0.1:0');
    const app = JSON.parse(world.run('app', 'create', '--name', 'sdk', '--edition', 'pro', '--json'));
    Object.assign(world, app, { users: [], names: 0 });
    world.signer = new Api(app.sdkappid, app.key);
    return world;
  }

  run(...words) { return execFileSync(BINARY, [...words, '--data', this.data], { encoding: 'utf8' }); }
  set(...settings) { this.run('app', 'set', String(this.sdkappid), ...settings); }

  async serve(listen) {
    const env = { ...process.env, FEIHONG__SERVER__METRICS_LISTEN: '' };
    this.server = spawn(BINARY, ['serve', '--data', this.data, '--listen', listen], { env, stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    this.server.stdout.on('data', (text) => { said += text; });
    this.address = await until('the server listens', () => /listening: http:\/\/(\S+)/.exec(said)?.[1]);
  }

  /** Ends the server with a signal and starts it again at the same address. */
  async restart(signal) {
    const ended = new Promise((done) => this.server.once('exit', done));
    this.server.kill(signal);
    await ended;
    await this.serve(this.address);
  }

  async rest(command, body) {
    const query = new URLSearchParams({ sdkappid: this.sdkappid, identifier: this.admin, usersig: this.signer.genSig(this.admin, 3600), random: 1, contenttype: 'json' });
    const answer = await fetch(`http://${this.address}/v4/${command}?${query}`, { method: 'POST', body: JSON.stringify(body) });
    return answer.json();
  }

  name(hint) { this.names += 1; return `${hint}_${this.names}`; }

  /** An account that is imported, and signed in through an SDK. */
  async user(hint, sdk = 'chat', options = {}) {
    const id = options.id ?? this.name(hint);
    await this.rest('im_open_login_svc/account_import', { UserID: id });
    const { SDK, sockets } = page(sdk, this.address);
    const chat = SDK.create({ SDKAppID: this.sdkappid, proxyServer: `ws://${this.address}${options.prefix ?? ''}`, ...options.create });
    chat.setLogLevel?.(4);
    const user = new User(this, id, SDK, chat, sockets);
    this.users.push(user);
    await user.login();
    return user;
  }

  /** Pages are not closed: the test runner ends the process, and with it what the SDKs still have under way. */
  stop() {
    this.server.kill('SIGTERM');
    rmSync(this.data, { recursive: true, force: true });
  }
}

class User {
  constructor(world, id, SDK, chat, sockets) {
    Object.assign(this, { world, id, SDK, chat, sockets, events: [], received: [] });
    for (const [key, name] of Object.entries(SDK.EVENT)) chat.on(name, ({ data }) => {
      this.events.push({ key, data });
      if (key === 'MESSAGE_RECEIVED') this.received.push(...data);
    });
  }
  async login() {
    const since = this.events.length;
    await this.chat.login({ userID: this.id, userSig: this.world.signer.genSig(this.id, 86_400) });
    await until('SDK_READY', () => this.events.slice(since).some((event) => event.key === 'SDK_READY'));
  }
  event(key, check = () => true) { return until(`${key} at ${this.id}`, () => this.events.find((event) => event.key === key && check(event.data))); }
  async send(to, text) {
    const message = this.chat.createTextMessage({ to, conversationType: 'C2C', payload: { text } });
    await this.chat.sendMessage(message);
    return message;
  }
  texts() { return this.received.map((message) => message.payload.text); }
  async history(peer) {
    const all = [];
    for (let next; ;) {
      const { data } = await this.chat.getMessageList({ conversationID: `C2C${peer}`, nextReqMessageID: next });
      all.unshift(...data.messageList);
      if (data.isCompleted || data.messageList.length === 0) return all;
      next = data.nextReqMessageID;
    }
  }
  async conversation(peer) {
    const { data } = await this.chat.getConversationList();
    return data.conversationList.find((one) => one.conversationID === `C2C${peer}`);
  }
  /** The SDK comes back by itself only when the lost socket had lived for over a second. */
  settled() { return until('a socket that is over a second old', () => { const last = this.sockets.at(-1); return last.readyState === 1 && Date.now() - last.since > 1300; }); }
}
