import { session, sessionRanOut } from './session.js';

const PREFIX = '/api/v1';
const DEADLINE_MS = 30_000;

/** An answer that says what is wrong: `code` for programs, `message` for people, `details.field` where a field is at fault. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: Record<string, unknown>;

  constructor(status: number, code: string, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

export type Query = Record<string, string | number | boolean | undefined | null>;

/** A path with the parameters that have a value. */
export function withQuery(path: string, query: Query = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  if (pairs.length === 0) return path;
  return `${path}?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}`;
}

/**
 * One request of the API. A session that the server no longer knows is over here, too.
 * @throws ApiError with what the server said, or code `unreachable` when it said nothing
 */
export async function request<T>(method: string, path: string, body?: unknown, init: RequestInit = {}): Promise<T> {
  const response = await send(method, path, body, init);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

/** A file of the API, e.g. audio, as something an element can show; with a body it is made of that. */
export async function download(path: string, body?: unknown): Promise<Blob> {
  return (await send(body === undefined ? 'GET' : 'POST', path, body, {})).blob();
}

async function send(method: string, path: string, body: unknown, init: RequestInit): Promise<Response> {
  const token = session()?.token;
  const raw = body instanceof Blob || body instanceof ArrayBuffer || typeof body === 'string';
  const response = await fetch(PREFIX + path, {
    method,
    signal: AbortSignal.timeout(DEADLINE_MS),
    ...init,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined || raw ? {} : { 'content-type': 'application/json' }),
      ...init.headers,
    },
    ...(body === undefined ? {} : { body: raw ? (body as BodyInit) : JSON.stringify(body) }),
  }).catch((error: Error) => {
    throw new ApiError(0, 'unreachable', error.message);
  });
  if (response.ok) return response;
  throw await failure(response, token !== undefined && path !== '/session');
}

async function failure(response: Response, signedIn: boolean): Promise<ApiError> {
  if (response.status === 401 && signedIn) sessionRanOut();
  try {
    const { error } = (await response.json()) as { error: { code: string; message: string; details?: Record<string, unknown> } };
    return new ApiError(response.status, error.code, error.message, error.details);
  } catch {
    return new ApiError(response.status, 'unknown', response.statusText);
  }
}

export const get = <T>(path: string, query?: Query): Promise<T> => request<T>('GET', withQuery(path, query));
export const post = <T = void>(path: string, body?: unknown): Promise<T> => request<T>('POST', path, body);
export const put = <T = void>(path: string, body?: unknown): Promise<T> => request<T>('PUT', path, body);
export const del = (path: string): Promise<void> => request<void>('DELETE', path);
