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

export const SDKS = ['chat', 'tim-js-sdk', 'lite-chat'];

/**
 * SDKs leave promises of their own unhandled when the server goes away, or sends them away while a request is under way. The
 * runner would fail whatever test is running then; what a test waits for it handles itself.
 */
function forgiveSdks() {
  const runner = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (error, promise) => {
    if (/node_modules\/(@tencentcloud|tim-js-sdk)/.test(error?.stack)) return;
    for (const listener of runner) listener(error, promise);
  });
}
let forgiving = false;

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
  static async start(...settings) {
    if (!forgiving) forgiveSdks();
    forgiving = true;
    const world = new World();
    world.data = mkdtempSync(join(tmpdir(), 'feihong-sdk-'));
    process.once('exit', () => world.stop());
    await world.serve('127.0.0.1:0');
    const app = JSON.parse(world.run('app', 'create', '--name', 'sdk', '--edition', 'pro', '--json'));
    Object.assign(world, app, { names: 0 });
    world.signer = new Api(app.sdkappid, app.key);
    if (settings.length > 0) world.set(...settings);
    return world;
  }

  run(...words) { return execFileSync(BINARY, [...words, '--data', this.data], { encoding: 'utf8' }); }
  set(...settings) { this.run('app', 'set', String(this.sdkappid), ...settings); }

  async serve(listen) {
    const env = { ...process.env, FEIHONG__SERVER__METRICS_LISTEN: '', FEIHONG__CALLBACKS__ALLOW_PRIVATE: 'true' };
    this.server = spawn(BINARY, ['serve', '--data', this.data, '--listen', listen], { env, stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    this.server.stdout.on('data', (text) => { said += text; });
    this.address = await until('the server listens', () => {
      if (this.server.exitCode !== null) throw new Error(`${BINARY} ended with ${this.server.exitCode}`);
      return /listening: http:\/\/(\S+)/.exec(said)?.[1];
    });
  }

  /** Ends the server with a signal. */
  async end(signal) {
    const ended = new Promise((done) => this.server.once('exit', done));
    this.server.kill(signal);
    await ended;
  }

  /** Ends the server with a signal and starts it again at the same address. */
  async restart(signal) {
    await this.end(signal);
    await this.serve(this.address);
  }

  async rest(command, body) {
    const query = new URLSearchParams({ sdkappid: this.sdkappid, identifier: this.admin, usersig: this.signer.genSig(this.admin, 3600), random: 1, contenttype: 'json' });
    const response = await fetch(`http://${this.address}/v4/${command}?${query}`, { method: 'POST', body: JSON.stringify(body) });
    const answer = await response.json();
    if (answer.ErrorCode !== 0) throw new Error(`${command}: ${JSON.stringify(answer)}`);
    return answer;
  }

  name(hint) { this.names += 1; return `${hint}_${this.names}`; }

  /** The name of an account that exists and was never signed in. */
  async account(hint) {
    const id = this.name(hint);
    await this.rest('im_open_login_svc/account_import', { UserID: id });
    return id;
  }

  /** A user before the sign-in. Options: `id`, `prefix` of the path, and what `create` takes. */
  async visitor(hint, sdk = 'chat', options = {}) {
    const id = options.id ?? await this.account(hint);
    const { SDK, plugin, sockets } = page(sdk, this.address);
    const chat = SDK.create({ SDKAppID: this.sdkappid, proxyServer: `ws://${this.address}${options.prefix ?? ''}`, ...options.create });
    chat.setLogLevel?.(4);
    chat.registerPlugin?.({ 'tim-upload-plugin': plugin });
    return new User(this, id, SDK, chat, sockets);
  }

  /** A user who is signed in and has the conversation list. */
  async user(hint, sdk, options) {
    const user = await this.visitor(hint, sdk, options);
    await user.login();
    return user;
  }

  users(hints, sdk) { return Promise.all(hints.split(' ').map((hint) => this.user(hint, sdk))); }

  /** Pages are not closed: the test runner ends the process, and with it what the SDKs still have under way. */
  stop() {
    this.server?.kill('SIGKILL');
    rmSync(this.data, { recursive: true, force: true, maxRetries: 5 });
  }
}

class User {
  constructor(world, id, SDK, chat, sockets) {
    Object.assign(this, { world, id, SDK, chat, sockets, types: SDK.TYPES, events: [], received: [] });
    for (const [key, name] of Object.entries(SDK.EVENT)) chat.on(name, ({ data }) => {
      this.events.push({ key, data });
      if (key === 'MESSAGE_RECEIVED') this.received.push(...data);
    });
  }

  can(...names) { return names.every((name) => typeof this.chat[name] === 'function'); }

  async login(signature = this.world.signer.genSig(this.id, 86_400)) {
    const since = this.events.length;
    const answer = await this.chat.login({ userID: this.id, userSig: signature });
    await until('SDK_READY', () => this.events.slice(since).some((event) => event.key === 'SDK_READY'));
    await until('the conversation list', async () => (await this.chat.getConversationList()).data.isSyncCompleted !== false);
    return answer;
  }

  /** The same user on a page opened now, which knows only what the server says. */
  again(sdk = 'chat') { return this.world.user('again', sdk, { id: this.id }); }

  async event(key, check = () => true, since = 0) {
    const found = await until(`${key} at ${this.id}`, () => this.events.slice(since).find((event) => event.key === key && check(event.data)));
    return found.data;
  }

  text(to, text, more) { return this.chat.createTextMessage({ to, conversationType: 'C2C', payload: { text }, ...more }); }

  async send(to, text, more, options) {
    const message = this.text(to, text, more);
    await this.chat.sendMessage(message, options);
    return message;
  }

  /** Creates a message by the name of its kind, sends it, and returns it. */
  async sendAs(kind, to, payload) {
    const message = this.chat[`create${kind}Message`]({ to, conversationType: 'C2C', payload });
    await this.chat.sendMessage(message);
    return message;
  }

  /** That message, as it was received here. */
  arrival(message) { return until(`a message at ${this.id}`, () => this.received.find((one) => one.ID === message.ID)); }

  /** What was received of a peer, in order. */
  texts(peer) { return this.received.filter((message) => message.conversationID === `C2C${peer}`).map((message) => message.payload.text); }

  has(peer, text) { return until(`"${text}" at ${this.id}`, () => this.texts(peer).includes(text), 60_000); }

  /** All of a conversation's history, oldest first; `pages` counts the requests. */
  async historyOf(conversationID, pages = []) {
    const all = [];
    for (let next; ;) {
      const { data } = await this.patiently(() => this.chat.getMessageList({ conversationID, nextReqMessageID: next }));
      pages.push(data.messageList.length);
      all.unshift(...data.messageList);
      if (data.isCompleted || data.messageList.length === 0) return all;
      next = data.nextReqMessageID;
    }
  }

  history(peer, pages) { return this.historyOf(`C2C${peer}`, pages); }
  groupHistory(group) { return this.historyOf(`GROUP${group}`); }

  /** SDKs allow themselves twenty pages of history a second. */
  async patiently(call) {
    for (;;) {
      try { return await call(); } catch (error) { if (error.code !== 2996) throw error; }
      await pause(100);
    }
  }

  async historyTexts(peer) { return (await this.history(peer)).map((message) => message.payload.text); }
  async conversations() { return (await this.chat.getConversationList()).data.conversationList; }
  async conversation(peer) { return (await this.conversations()).find((one) => one.conversationID === `C2C${peer}`); }
  unread(peer, count) { return until(`${count} unread at ${this.id}`, async () => (await this.conversation(peer))?.unreadCount === count); }

  /** Says something in a group. */
  async say(group, text, more, options) {
    const message = this.chat.createTextMessage({ to: group, conversationType: 'GROUP', payload: { text }, ...more });
    await this.chat.sendMessage(message, options);
    return message;
  }

  /** What was heard in a group, in order, without tips. */
  heard(group, since = 0) {
    const texts = this.received.slice(since).filter(({ conversationID, type }) => conversationID === `GROUP${group}` && type === this.types.MSG_TEXT);
    return texts.map((message) => message.payload.text);
  }

  hears(group, text, since = 0) { return until(`"${text}" at ${this.id}`, () => this.heard(group, since).includes(text), 60_000); }

  /** The tips of a group. */
  tips(group) {
    return this.received.filter(({ conversationID, type }) => conversationID === `GROUP${group}` && type === this.types.MSG_GRP_TIP).map(({ payload }) => payload);
  }

  tip(group, kind) { return until(`tip ${kind} at ${this.id}`, () => this.tips(group).find((tip) => tip.operationType === kind)); }

  /** A system notice of a kind, as a message. */
  notice(kind, group) {
    return until(`notice ${kind} at ${this.id}`, () => this.received.find(({ type, payload }) => type === this.types.MSG_GRP_SYS_NOTICE
      && payload.operationType === kind && (!group || payload.groupProfile.groupID === group)));
  }

  async groups() { return (await this.chat.getGroupList()).data.groupList; }
  async group(id) { return (await this.groups()).find(({ groupID }) => groupID === id); }
  joined(id) { return until(`${id} in the list of ${this.id}`, () => this.group(id)); }
  left(id) { return until(`${id} gone from the list of ${this.id}`, async () => !(await this.group(id))); }

  /** Makes a group; the others are in it from the start. */
  async found(type, others = [], more = {}) {
    const groupID = more.groupID ?? (type === 'Community' ? `@TGS#_${this.world.name('c')}` : this.world.name('g'));
    const memberList = others.length > 0 ? others.map(({ id }) => ({ userID: id })) : undefined;
    await this.chat.createGroup({ type, name: `of ${this.id}`, groupID, memberList, ...more });
    for (const other of others) await other.joined(groupID);
    // lite-chat asks for its own role only then.
    if (type !== 'AVChatRoom') await this.chat.getGroupProfile({ groupID });
    return groupID;
  }

  async groupConversation(group) { return (await this.conversations()).find((one) => one.conversationID === `GROUP${group}`); }

  /** Cuts the connection, and lets no other come to be until `plug`. */
  async unplug() {
    this.sockets.unplugged = true;
    const before = this.sockets.length;
    await this.drop();
    await until('a connection refused', () => this.sockets.length > before && this.sockets.at(-1).readyState === 3);
  }

  plug() { this.sockets.unplugged = false; }

  /** Cuts the connection as a network does. SDKs come back at once only if it had lived for over a second. */
  async drop() {
    const socket = await until('a socket that is over a second old', () => {
      const last = this.sockets.at(-1);
      return last.readyState === 1 && Date.now() - last.since > 1300 && last;
    });
    socket.terminate();
  }
}
