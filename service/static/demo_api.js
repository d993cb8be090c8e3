// Ask the API; an answer that is not 2xx becomes an ApiError with what its problem document says.

import { articlePath } from "./demo_request.js";

class ApiError extends Error {
  constructor(status, title, detail, errors) {
    super(detail || title);
    Object.assign(this, { status, title, errors });
  }
}

/** The parsed answer. Rejects with ApiError, AbortError, or TypeError when the service cannot be reached. */
export async function ask(request, signal) {
  const headers = { ...request.headers };
  if (request.body != null) headers["Content-Type"] = "application/json";
  const { method, body } = request;
  // An answer may be a day old for a reader; an editor wants it as it is now.
  const response = await fetch(request.url, { method, body: body ?? undefined, headers, signal, cache: "no-cache" });
  if (response.ok) return response.status === 204 ? null : response.json();
  const problem = await response.json().catch(() => ({}));
  throw new ApiError(response.status, problem.title ?? response.statusText, problem.detail ?? "", problem.errors ?? []);
}

/** The card of an article. */
export function cardOf(id, base, signal) {
  return ask({ method: "GET", url: new URL(articlePath(id), base).href }, signal);
}

/** What editors pinned and blocked beside an article, or null where the service does not know of that. */
export async function overridesOf(id, base, signal) {
  try {
    return await ask({ method: "GET", url: overridesUrl(id, base) }, signal);
  } catch (error) {
    if (error instanceof ApiError && [404, 405].includes(error.status)) return null;
    throw error;
  }
}

/** Replace what is pinned and blocked beside an article. */
export function putOverrides(id, { pins, blocks }, token, base) {
  const headers = { Authorization: `Bearer ${token}` };
  return ask({ method: "PUT", url: overridesUrl(id, base), body: JSON.stringify({ pins, blocks }), headers });
}

function overridesUrl(id, base) {
  return new URL(articlePath(id, "/overrides"), base).href;
}
