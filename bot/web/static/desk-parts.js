/** What the front desk's scripts share: where the desk is, how it is asked, how an element is made. */

const meta = (/** @type {string} */ name) => document.querySelector(`meta[name="${name}"]`)?.getAttribute("content") ?? "";
export const prefix = meta("prefix");

/**
 * Ask the desk's interface. Resolves to the JSON of the answer, null if it has none; rejects with the sentence to show.
 * @param {string} path @param {string} method @param {unknown} [body]
 */
export async function call(path, method, body) {
  const headers = { "Content-Type": "application/json", "X-Daozhen-Csrf": meta("csrf") };
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const answer = await fetch(`${prefix}/desk/api${path}`, { method, headers, body: sent }).catch(() => null);
  const found = answer && answer.status !== 204 ? await answer.json().catch(() => null) : null;
  if (!answer?.ok) throw new Error(found?.message ?? document.body.dataset.trouble);
  return found;
}

/** @param {string} name @param {string} className @param {string} [text] */
export function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}
