/** What the browser keeps, shared by all tabs of a site: the conversation, what waits to be sent, what the person chose. */

const WAITING = "waiting:";

export class Memory {
  /** Used where the browser refuses storage: then a conversation lasts as long as its page. @type {Map<string, string>} */
  #page = new Map();
  #prefix;

  /** @param {string} server address of the gateway's widget API: conversations with different gateways are kept apart */
  constructor(server) {
    this.#prefix = `daozhen:${server}:`;
  }

  /**
   * @param {string} name
   * @returns {any} null where nothing is kept
   */
  get(name) {
    const key = this.#prefix + name;
    try {
      return JSON.parse(this.#page.get(key) ?? localStorage.getItem(key) ?? "null");
    } catch {
      return null;
    }
  }

  /**
   * @param {string} name
   * @param {unknown} value anything JSON; null forgets it
   */
  set(name, value) {
    const key = this.#prefix + name;
    this.#page.delete(key);
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify(value));
    } catch {
      if (value !== null) this.#page.set(key, JSON.stringify(value));
    }
  }

  /** What waits to be sent, oldest first. Each has a key of its own, so that two tabs never write over each other. @returns {Pending[]} */
  waiting() {
    const start = this.#prefix + WAITING;
    let stored = [...this.#page.keys()];
    try {
      stored = stored.concat(Object.keys(localStorage));
    } catch {
      // Refused: there is only what the page holds.
    }
    return stored
      .filter((key) => key.startsWith(start))
      .map((key) => this.get(key.slice(this.#prefix.length)))
      .filter(Boolean)
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

  /** Forget the conversation and all that waits. @param {Ended} ended why */
  forget(ended) {
    for (const { id } of this.waiting()) this.drop(id);
    for (const name of ["read", "rated", "pinned"]) this.set(name, null);
    this.set("conversation", { ended });
  }

  /**
   * Be told of what another tab changes.
   * @param {(name: string) => void} changed
   * @returns {() => void} ends it
   */
  watch(changed) {
    /** @param {StorageEvent} event */
    const listener = (event) => {
      if (event.key?.startsWith(this.#prefix)) changed(event.key.slice(this.#prefix.length));
    };
    addEventListener("storage", listener);
    return () => removeEventListener("storage", listener);
  }
}
