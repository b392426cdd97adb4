import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * The server to test: the one at FEIHONG_URL with FEIHONG_SETUP_TOKEN, or else the binary FEIHONG_BIN started empty.
 * Answers its address, its set-up token and how to stop it.
 */
export async function findServer() {
  const { FEIHONG_URL, FEIHONG_SETUP_TOKEN, FEIHONG_BIN } = process.env;
  if (FEIHONG_URL) return { url: FEIHONG_URL, token: FEIHONG_SETUP_TOKEN ?? '', stop: async () => {} };
  if (FEIHONG_BIN) return startServer(FEIHONG_BIN);
  throw new Error(
    'set FEIHONG_BIN to the server binary, or FEIHONG_URL and FEIHONG_SETUP_TOKEN to a running server',
  );
}

async function startServer(binary) {
  const data = await mkdtemp(join(tmpdir(), 'feihong-console-'));
  const listen = `127.0.0.1:${await freePort()}`;
  const child = spawn(binary, ['serve', '--data', data, '--listen', listen], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // The apps' own servers of the journeys are on this machine.
    env: { ...process.env, FEIHONG__CALLBACKS__ALLOW_PRIVATE: 'true' },
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  // A run that is broken off takes its server with it.
  process.once('exit', () => child.kill());
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(data, { recursive: true, force: true });
  };
  const address = await Promise.race([
    setupAddress(child.stdout),
    ended.then((code) =>
      Promise.reject(new Error(`the server ended with ${code} before it printed its address`)),
    ),
  ]);
  return { url: address.origin, token: address.searchParams.get('token') ?? '', stop };
}

async function setupAddress(output) {
  for await (const line of createInterface({ input: output })) {
    const found = /https?:\/\/\S+\/setup\?token=\S+/.exec(line);
    if (!found) continue;
    // Whatever else is printed must not fill the pipe.
    output.resume();
    return new URL(found[0]);
  }
  throw new Error('the server printed no set-up address');
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
