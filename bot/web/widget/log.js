/** The messages on the page: in order, each once. */

import { messageElement, pendingElement, tag } from "./messages.js";
import { word } from "./panel.js";
import { make } from "./parts.js";

/** How long a message stays where screen readers find it (ms). */
const READING = 10_000;

export class Log {
  /** Everything said in this conversation, in order. @type {Message[]} */
  messages = [];
  #parts;
  #language;
  #rated;
  #act;
  /** Whether the person reads further up: then nothing moves. */
  #reading = false;

  /**
   * @param {import("./panel.js").Panel} parts
   * @param {() => Language} language
   * @param {() => Record<number, boolean>} rated what the person said of the messages, by sequence number
   * @param {(name: "press" | "rate", value: any) => void} act
   */
  constructor(parts, language, rated, act) {
    this.#parts = parts;
    this.#language = language;
    this.#rated = rated;
    this.#act = act;
    const { log } = parts;
    log.addEventListener("scroll", () => {
      this.#reading = log.scrollHeight - log.scrollTop - log.clientHeight > log.clientHeight / 2;
    });
    new ResizeObserver(() => this.#reading || this.end()).observe(log);
  }

  /** @param {Message[]} messages @param {boolean} fresh whether to read them aloud */
  show(messages, fresh) {
    const { log, typing, privacy } = this.#parts;
    const known = new Set(this.messages.map(({ seq }) => seq));
    const added = messages.filter(({ seq }) => !known.has(seq));
    this.messages = [...this.messages, ...added].sort((a, b) => a.seq - b.seq);
    const rated = this.#rated();
    for (const message of added) {
      this.#waiting(message.id)?.remove();
      const element = messageElement(message, rated[message.seq], this.#act);
      word(element, this.#language());
      log.insertBefore(element, this.#after(message.seq) ?? log.querySelector(".pending") ?? typing);
      if (message.sender === "bot" && !privacy.line.parentNode) element.after(privacy.line);
      if (message.sender !== "patient") typing.hidden = true;
      if (message.sender !== "patient" && fresh) this.#announce(message);
    }
    this.#settle();
    if (added.length && !this.#reading) this.end();
  }

  /** @param {Pending[]} waiting what has not been acknowledged */
  wait(waiting) {
    const { log, typing } = this.#parts;
    for (const element of this.#all(".pending")) {
      if (!waiting.some(({ id }) => id === element.dataset.id)) element.remove();
    }
    const stored = new Set(this.messages.map(({ id }) => id));
    for (const pending of waiting) {
      if (stored.has(pending.id) || this.#waiting(pending.id)) continue;
      const element = pendingElement(pending);
      word(element, this.#language());
      log.insertBefore(element, typing);
    }
    this.#settle();
  }

  /** @param {boolean} on */
  typing(on) {
    this.#parts.typing.hidden = !on;
    if (!this.#reading) this.end();
  }

  /** Begin anew. @param {boolean} keep leave on the page what was said before */
  clear(keep) {
    const { typing, privacy } = this.#parts;
    for (const element of this.#all("[data-seq]")) {
      element.classList.add("past");
      element.classList.remove("sticks");
      if (!keep) element.remove();
    }
    privacy.line.remove();
    typing.hidden = true;
    this.messages = [];
    this.#settle();
  }

  /** Go to the last message; to its beginning where it is long. An emergency card in sight covers some of the room. */
  end() {
    const { log } = this.#parts;
    const last = this.#all(".message").pop();
    const covered = this.#all(".sticks.low").pop()?.offsetHeight ?? 0;
    const high = last && last.offsetHeight > log.clientHeight - covered;
    log.scrollTop = high ? last.offsetTop - covered : log.scrollHeight;
  }

  /** @param {string} selector @returns {HTMLElement[]} */
  #all(selector) {
    return [...this.#parts.log.querySelectorAll(selector)].map((element) => /** @type {HTMLElement} */ (element));
  }

  /** @param {string} id */
  #waiting(id) {
    return this.#all(".pending").find((element) => element.dataset.id === id);
  }

  /** The first message on the page that was said after one. @param {number} seq */
  #after(seq) {
    const last = this.messages[this.messages.length - 1];
    return last.seq === seq ? null : this.#all("[data-seq]:not(.past)").find((element) => Number(element.dataset.seq) > seq);
  }

  /** Only what was said last offers buttons; only the last emergency stays in sight, low once something has followed. */
  #settle() {
    const said = this.#all(".message:not(.greeting,.event),.asks");
    const emergencies = this.#all(".emergency:not(.past)");
    for (const choices of this.#all(".message:not(.greeting) .choices")) choices.hidden = choices.parentElement !== said[said.length - 1];
    for (const card of emergencies) {
      card.classList.toggle("sticks", card === emergencies[emergencies.length - 1]);
      card.classList.toggle("low", card !== said[said.length - 1]);
    }
    this.#parts.suggestions.hidden = said.length > 0;
  }

  /** Have a message read aloud, once, in its own language. @param {Message} message */
  #announce(message) {
    const { polite, alert } = this.#parts;
    const line = make("p", { lang: tag(message), textContent: message.text });
    (message.kind === "emergency" ? alert : polite).append(line);
    setTimeout(() => line.remove(), READING);
  }
}
