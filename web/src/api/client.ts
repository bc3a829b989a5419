// Requests to the desk, typed by its own OpenAPI document (document.d.ts is generated from it).
import createClient from "openapi-fetch";
import operations from "virtual:operations";
import type { components, paths } from "./document";

export type Schemas = components["schemas"];

export const desk = createClient<paths>({ baseUrl: "/", credentials: "same-origin" });

/** What the desk refuses, in its own words. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly problem: Partial<Schemas["Problem"]>,
  ) {
    super(problem.detail ?? problem.title ?? `status ${status}`);
  }
}

/** Whether the desk decided against it; otherwise the same request may be made again: no answer, or log-in first. */
export function isDecided(error: unknown): error is Refused {
  return error instanceof Refused && error.status < 500 && error.status !== 401;
}

/** The answer's data, or the problem as an exception. */
export async function answer<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await asked;
  if (error !== undefined || !response.ok) throw new Refused(response.status, (error ?? {}) as Schemas["Problem"]);
  return data as T;
}

/** A key that makes a repeated request the same one (it is done once). */
export function onceKey(): string {
  return crypto.randomUUID();
}

/** Asks for an operation of the contract by its name; `key` makes a repetition the same request. */
export function perform(
  operation: string,
  path: Record<string, string | number>,
  body: unknown,
  key = onceKey(),
): Promise<Partial<Schemas["Written"]>> {
  const { method, path: template } = operations[operation]!;
  const params = { path, header: { "Idempotency-Key": key } };
  return answer(desk.request(method.toLowerCase() as "post", template as never, { params, body } as never) as never);
}

/** Whether one of the roles may ask for it. */
export function mayPerform(operation: string, roles: readonly string[] | undefined): boolean {
  return operations[operation]!.roles.some((role) => roles?.includes(role));
}
