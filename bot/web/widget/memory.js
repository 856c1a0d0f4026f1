/** What the browser keeps, shared by all tabs of a site: the conversation, what waits to be sent, what the person chose. */

const WAITING = "waiting:";

export class Memory {
  #prefix;
  /** The browser's storage; where it refuses, an object, and a conversation lasts as long as its page. @type {Record<string, string>} */
  #store;

  /** @param {string} server address of the gateway's widget API: conversations with different gateways are kept apart */
  constructor(server) {
    this.#prefix = `daozhen:${server}:`;
    try {
      localStorage[this.#prefix] = "";
      this.#store = localStorage;
    } catch {
      this.#store = {};
    }
  }

  /** @param {string} name @returns {any} null where nothing is kept */
  get(name) {
    return JSON.parse(this.#store[this.#prefix + name] ?? "null");
  }

  /** @param {string} name @param {unknown} value anything JSON; null forgets it */
  set(name, value) {
    const key = this.#prefix + name;
    const text = JSON.stringify(value);
    try {
      if (value === null) delete this.#store[key];
      else this.#store[key] = text;
    } catch {
      // The site's storage is full.
      this.#store = { ...this.#store, [key]: text };
    }
  }

  /** What waits to be sent, oldest first. Each has a key of its own, so that two tabs never write over each other. @returns {Pending[]} */
  waiting() {
    return Object.keys(this.#store)
      .filter((key) => key.startsWith(this.#prefix + WAITING))
      .map((key) => this.get(key.slice(this.#prefix.length)))
      .sort((a, b) => a.time - b.time);
  }

  /** @param {Pending} pending */
  keep(pending) {
    this.set(WAITING + pending.id, pending);
  }

  /** @param {string} id */
  drop(id) {
    this.set(WAITING + id, null);
  }

  /** Forget the conversation. @param {Ended} ended why */
  forget(ended) {
    for (const name of ["read", "rated", "pinned"]) this.set(name, null);
    this.set("conversation", { ended });
  }

  /**
   * Be told of what another tab changes.
   * @param {(name: string) => void} changed
   * @param {AbortSignal} signal ends it
   */
  watch(changed, signal) {
    const start = this.#prefix;
    addEventListener("storage", ({ key }) => key?.startsWith(start) && changed(key.slice(start.length)), { signal });
  }
}
