import { isRecord } from './json';
import type { CallName, Calls } from './types';

/** A refused or failed call. `name` is the server's, or one of ours: `Unreachable`, `Unreadable`. */
export class CallError extends Error {
  override readonly name: string;
  readonly code: number;
  readonly status: number;

  constructor(name: string, code: number, status: number, message: string) {
    super(message);
    this.name = name;
    this.code = code;
    this.status = status;
  }
}

/** Asks the server one thing. Rejects with a `CallError`, or an `AbortError` when `signal` fires. */
export async function call<N extends CallName>(
  name: N,
  ask: Calls[N]['ask'],
  signal?: AbortSignal,
): Promise<Calls[N]['reply']> {
  const response = await send(name, ask, signal);
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok && isRecord(body)) return body as Calls[N]['reply'];
  if (isRecord(body) && typeof body.name === 'string') {
    throw new CallError(body.name, Number(body.code ?? 0), response.status, String(body.message ?? ''));
  }
  throw new CallError('Unreadable', 0, response.status, `HTTP ${response.status}`);
}

async function send(name: string, ask: unknown, signal?: AbortSignal): Promise<Response> {
  try {
    return await fetch(`/api/${name}`, {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'Content-Type': 'application/json', 'X-Feihong-Console': '1' },
      body: JSON.stringify(ask),
      signal: signal ?? null,
    });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new CallError('Unreachable', 0, 0, cause instanceof Error ? cause.message : String(cause));
  }
}
