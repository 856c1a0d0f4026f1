/**
 * One conversation with the gateway: sends what the person writes, follows what comes back. Knows nothing of the page.
 *
 * Nothing is lost: a message is kept in the browser until the gateway acknowledges it. Nothing is doubled: its id is made here,
 * and the gateway stores an id once.
 */

import { Gateway } from "./gateway.js";
import { Memory } from "./memory.js";

/**
 * What the conversation tells the page.
 * @typedef {object} View
 * @property {(messages: Message[], fresh: boolean) => void} show stored messages; fresh: not there when the page was loaded
 * @property {(waiting: Pending[]) => void} wait what has not been acknowledged
 * @property {(name: string, values?: Record<string, number>) => void} state a lasting state, "" when all is well
 * @property {(name: string, text?: string) => void} notice something to say once; a text goes back to who wrote it
 * @property {(on: boolean) => void} typing
 * @property {(person: boolean, place: number | null, name: string | null) => void} person who answers, and the place in line
 *   of who waits for a person (0: not known)
 * @property {(ended: Ended) => void} end the conversation is over
 * @property {() => void} chosen another tab changed what the person chose or read
 */

/** Refusals of what a person sent: to try again would not help. "" is none. */
const REFUSED = ["", "empty", "too_long", "too_large", "not_offered", "invalid"];
const LONGEST_PAUSE = 30;
const LONGEST_PAGE = 4000;
/** A hidden tab keeps its stream this long (ms): browsers allow a page's site only six connections in HTTP/1.1. */
const HIDDEN = 60_000;

export class Conversation {
  #last = 0;
  #loaded = false;
  #failures = 0;
  #breaks = 0;
  #newest = 0;
  /** Until when the front desk has been told that the person is writing. */
  #told = 0;
  #sending = false;
  /** Whether something has come to be sent since sending began. */
  #more = false;
  #state = "";
  #retry = 0;
  #hide = 0;
  /** @type {AbortController | null} */
  #stream = null;
  /** @type {() => void} */
  #wake = () => {};
  #life = new AbortController();
  #token;

  /**
   * @param {Gateway} gateway
   * @param {Memory} memory
   * @param {View} view
   * @param {string | undefined} department the department that the page is about
   */
  constructor(gateway, memory, view, department) {
    this.gateway = gateway;
    this.memory = memory;
    this.view = view;
    this.department = department;
    this.#token = this.#kept.token;
  }

  /** @returns {Kept} */
  get #kept() {
    return this.memory.get("conversation") ?? {};
  }

  /** Begin to follow the conversation and to send what waits. */
  start() {
    const { signal } = this.#life;
    const offline = () => {
      this.#say("offline");
      this.#stream?.abort();
    };
    addEventListener("online", () => this.#resume(), { signal });
    addEventListener("offline", offline, { signal });
    document.addEventListener("visibilitychange", () => this.#seen(), { signal });
    this.memory.watch((name) => this.#changed(name), signal);
    this.view.wait(this.memory.waiting());
    if (!navigator.onLine) offline();
    this.#follow();
    this.#send();
  }

  /** Let go of everything: the element has left the page. */
  stop() {
    this.#life.abort();
    clearTimeout(this.#retry);
    this.#stream?.abort();
    this.#wake();
  }

  #seen() {
    clearTimeout(this.#hide);
    if (document.hidden) this.#hide = setTimeout(() => this.#stream?.abort(), HIDDEN);
    else if (!this.#stream) this.#resume();
  }

  /** @param {string} text @param {string} [button] the key of the button that was pressed */
  write(text, button) {
    this.#newest = Math.max(Date.now(), this.#newest + 1);
    this.memory.keep({ id: newId(), text, button, time: this.#newest });
    this.view.wait(this.memory.waiting());
    this.#send();
  }

  /** @param {number} message @param {boolean} helpful */
  rate(message, helpful) {
    this.#call("POST", "feedback", { message, helpful });
  }

  /** The person is writing: whoever reads along at the front desk is told, now and again. */
  types() {
    if (Date.now() < this.#told || !this.#token) return;
    this.#told = Date.now() + 4000;
    this.#call("POST", "typing");
  }

  /** Have the answers in the language that the person chose. */
  async pin() {
    const language = this.memory.get("language");
    if (!this.#token || !language || this.memory.get("pinned") === language) return;
    const answer = await this.#call("POST", "language", { language });
    if (answer) this.memory.set("pinned", language);
  }

  /** Ask for a person, or no longer. @param {boolean} wanted */
  async person(wanted) {
    if (wanted && !(await alone(() => this.#open()))) return;
    const answer = await this.#call(wanted ? "POST" : "DELETE", "ticket");
    if (answer && !answer.error) this.view.person(false, wanted ? answer.content.place : null, null);
  }

  /** Erase the conversation and all that waits, here and at the gateway. */
  erase() {
    return alone(async () => {
      if (this.#token && !(await this.#call("DELETE", "conversation")) && this.#token) return this.#say("not_erased");
      for (const { id } of this.memory.waiting()) this.memory.drop(id);
      this.#end("erased");
    });
  }

  // Sending

  async #send() {
    this.#more = true;
    if (this.#sending) return;
    this.#sending = true;
    this.#more = false;
    clearTimeout(this.#retry);
    await alone(async () => {
      for (let next; (next = this.memory.waiting()[0]); ) {
        if (!(await this.#deliver(next))) break;
      }
    });
    this.#sending = false;
    this.view.wait(this.memory.waiting());
    if (this.#more) this.#send();
  }

  /** @param {Pending} pending @returns {Promise<boolean>} whether it no longer waits */
  async #deliver({ id, text, button }) {
    if (!(await this.#open())) return false;
    const answer = await this.#call("POST", "messages", button ? { id, button } : { id, text });
    if (!answer) return false;
    this.memory.drop(id);
    if (!answer.error) this.view.show([answer.content], true);
    else this.view.notice(answer.error.startsWith("too_l") ? "too_long" : "invalid", button ? "" : text);
    this.view.wait(this.memory.waiting());
    return true;
  }

  /** Open a conversation where there is none. @returns {Promise<boolean>} whether there is one now */
  async #open() {
    if (this.#token !== this.#kept.token) this.#changed("conversation");
    if (this.#token) return true;
    const language = this.memory.get("language") ?? undefined;
    const page = (location.origin + location.pathname).slice(0, LONGEST_PAGE);
    const answer = await this.#call("POST", "conversations", { language, page, department: this.department });
    if (answer?.error) this.#later("trouble");
    if (!answer || answer.error) return false;
    this.memory.set("conversation", { token: answer.content.token });
    this.memory.set("pinned", language ?? null);
    this.#begin();
    return true;
  }

  /**
   * One request, with the states that its failures bring.
   * @param {string} method
   * @param {string} path
   * @param {object} [content]
   * @returns {Promise<import("./gateway.js").Answer | null>} null where it must wait
   */
  async #call(method, path, content) {
    const token = this.#token;
    try {
      const answer = await this.gateway.request(method, path, token, content);
      // An answer to a conversation that has ended meanwhile says nothing about the next one.
      if (token !== this.#token || this.#fails(answer.error, answer.wait)) return null;
      if (path !== "conversations") this.#well(path);
      return answer;
    } catch {
      this.#later("offline");
      return null;
    }
  }

  /** Whether a refusal is one after which to try again; it brings the state that says so. @param {string} error @param {number} [wait] */
  #fails(error, wait) {
    if (REFUSED.includes(error)) return false;
    if (error === "token") this.#lost("expired");
    else if (error === "gone") this.#lost("gone");
    else this.#later(error === "too_fast" ? error : "trouble", wait);
    return true;
  }

  /** Try again, after a pause: the one asked for, else one that grows. @param {string} state @param {number} [wait] seconds */
  #later(state, wait) {
    const seconds = wait || pause(++this.#failures);
    this.#say(state, { seconds: Math.ceil(seconds) });
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#send(), seconds * 1000);
  }

  /** The gateway answers: that ends every state but those which it has brought itself. @param {string} path */
  #well(path) {
    this.#failures = 0;
    if (this.#state !== "starting" && (this.#state !== "too_fast" || path === "messages")) this.#say("");
  }

  #resume() {
    this.#failures = this.#breaks = 0;
    this.#wake();
    this.#send();
  }

  /** @param {string} state @param {Record<string, number>} [values] */
  #say(state, values) {
    this.#state = state;
    this.view.state(state, values);
  }

  // Following

  async #follow() {
    while (!this.#life.signal.aborted) {
      const token = this.#token;
      if (token && !document.hidden) {
        this.#stream = new AbortController();
        try {
          if (await this.#load()) await this.#listen(token, this.#stream);
        } catch {
          // The connection broke, or was given up; one short break is nothing to speak of.
          if (token === this.#token && this.#breaks && !document.hidden) this.#say("offline");
        }
        this.#stream = null;
        this.view.typing(false);
      }
      const seconds = this.#token && !document.hidden ? pause(++this.#breaks) : 3600;
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, token === this.#token ? seconds * 1000 : 0);
        this.#wake = () => {
          clearTimeout(timer);
          resolve(null);
        };
      });
    }
  }

  /** Read all that is stored after what is shown. @returns {Promise<boolean>} */
  async #load() {
    for (let more = true; more; ) {
      const answer = await this.#call("GET", `messages?after=${this.#last}`);
      if (!answer?.content?.messages) return false;
      const { messages, mode, ticket, place } = answer.content;
      this.#take(messages, this.#loaded);
      more = messages.length > 0;
      this.view.person(mode === "person", ticket && (place ?? 0), null);
    }
    this.#loaded = true;
    this.pin();
    return true;
  }

  /** @param {string} token @param {AbortController} control */
  async #listen(token, control) {
    for await (const { name, data } of this.gateway.events(token, this.#last, control)) {
      if (token !== this.#token) return;
      if (name === "open") {
        this.#breaks = 0;
        if (this.#state === "too_fast") continue;
        this.#say("");
        if (this.memory.waiting().length) this.#send();
      } else if (name === "message") this.#take([data], true);
      else if (name === "typing") this.view.typing(data.on);
      else if (name === "mode") this.view.person(data.mode === "person", data.ticket && (data.place ?? 0), null);
      else if (name === "staff") this.view.person(true, 0, data.name ?? null);
      else if (name === "starting") this.#say(data.on ? "starting" : "");
      else if (name === "erased") this.#lost("gone");
      else if (name === "refused") this.#fails(data);
    }
  }

  /** Messages in order, as stored. @param {Message[]} messages @param {boolean} fresh */
  #take(messages, fresh) {
    for (const { seq, id } of messages) {
      this.#last = Math.max(this.#last, seq);
      this.memory.drop(id);
    }
    this.view.show(messages, fresh);
  }

  // Beginning and ending

  #begin() {
    this.#token = this.#kept.token;
    this.#last = 0;
    this.#loaded = true;
    this.#stream?.abort();
    this.#wake();
  }

  /** The gateway no longer knows this conversation. @param {Ended} ended */
  #lost(ended) {
    for (const waiting of this.memory.waiting()) this.memory.keep({ ...waiting, button: undefined });
    this.#end(ended);
    if (this.memory.waiting().length) this.#later("");
  }

  /** @param {Ended} ended */
  #end(ended) {
    this.memory.forget(ended);
    this.#leave(ended);
  }

  /** @param {Ended} ended */
  #leave(ended) {
    this.#token = undefined;
    this.#last = 0;
    this.#stream?.abort();
    this.#say("");
    this.view.end(ended);
  }

  /** Another tab changed something. @param {string} name */
  #changed(name) {
    if (name === "conversation") {
      const { token, ended } = this.#kept;
      if (this.#token && token !== this.#token) this.#leave(ended ?? "gone");
      if (token && token !== this.#token) this.#begin();
    } else if (name.startsWith("waiting:")) this.view.wait(this.memory.waiting());
    else this.view.chosen();
  }
}

/** Seconds before trying again: 1, 2, 4, … and a little chance, so that not all come back at once. @param {number} failures */
function pause(failures) {
  return Math.min(LONGEST_PAUSE, 2 ** (failures - 1)) * (0.75 + Math.random() / 2);
}

/**
 * Do something while no other tab of the site does it.
 * @template Result
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result>}
 */
async function alone(work) {
  // Locks and randomUUID exist on https and localhost only; a plain http intranet page does without.
  return navigator.locks ? await navigator.locks.request("daozhen", work) : work();
}

/** A random id in the form of a UUID. */
function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const digits = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0"));
  return digits.join("").replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}
