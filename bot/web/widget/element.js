/** <daozhen-chat>: the chat on a page. docs/widget.md names its attributes, custom properties and methods. */

import { Conversation } from "./conversation.js";
import { Gateway } from "./gateway.js";
import { Log } from "./log.js";
import { Memory } from "./memory.js";
import { buildPanel, word } from "./panel.js";
import { layOut, styleSheet, takeAway } from "./print.js";
import { firstLanguage, say } from "./words.js";

/** The longest message, in characters; the gateway's limit. */
const LONGEST = 1000;
const SMALL = "(max-width: 480px), (max-height: 430px)";

export class DaozhenChat extends HTMLElement {
  /** Address of the widget API, from the script's own. */
  static server = "";

  /** @type {import("./panel.js").Panel} */
  #parts;
  /** @type {Memory} */
  #memory;
  /** @type {Conversation} */
  #conversation;
  /** @type {Log} */
  #log;
  #small = matchMedia(SMALL);
  #dark = matchMedia("(prefers-color-scheme: dark)");
  /** @type {{name: string, values: Record<string, number> | undefined}} */
  #state = { name: "", values: undefined };
  #notice = "";
  /** @type {{place: number | null, person: boolean, name: string | null}} */
  #person = { place: null, person: false, name: null };
  /** @type {AbortController | undefined} */
  #listening;

  connectedCallback() {
    const { server = DaozhenChat.server, department, position } = this.dataset;
    const shadow = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [styleSheet(SERVED.css)];
    this.#parts = buildPanel(position === "inline");
    this.#memory = new Memory(server);
    const gateway = new Gateway(server, () => this.#language);
    this.#conversation = new Conversation(gateway, this.#memory, this.#view(), department);
    this.#log = new Log(this.#parts, () => this.#language, () => this.#memory.get("rated") ?? {}, (...done) => this.#act(...done));
    shadow.replaceChildren(this.#parts.launcher, this.#parts.panel);
    this.#listen();
    this.#chosen();
    this.#conversation.start();
    if (position !== "inline" && (this.#memory.get("open") ?? this.dataset.open !== undefined)) this.#reveal(false);
  }

  disconnectedCallback() {
    this.#conversation.stop();
    this.#listening?.abort();
    this.#lock(false);
  }

  /** Open the chat. */
  open() {
    this.#reveal(true);
  }

  /** Close the chat; the focus goes back to its button. */
  close() {
    const { panel, launcher } = this.#parts;
    if (!(panel instanceof HTMLDialogElement) || !panel.open) return;
    panel.close();
    this.#memory.set("open", false);
    launcher.hidden = false;
    launcher.focus();
    this.#lock(false);
  }

  /** Open the chat and ask a question. @param {string} question */
  ask(question) {
    this.open();
    this.#write(question);
  }

  /** The language of the widget: chosen in its header, set on it, the page's, the browser's. */
  get #language() {
    return firstLanguage(
      this.#memory.get("language"), this.dataset.language, document.documentElement.lang, navigator.language,
    );
  }

  get #title() {
    return this.dataset[this.#language === "zh" ? "titleZh" : "titleEn"] ?? say("title", this.#language);
  }

  // What people do

  #listen() {
    const parts = this.#parts;
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    /** @type {(target: EventTarget, name: string, act: (event: any) => void) => void} */
    const on = (target, name, act) => target.addEventListener(name, act, { signal });
    on(parts.launcher, "click", () => this.open());
    on(parts.close, "click", () => this.close());
    on(parts.panel, "cancel", (event) => {
      event.preventDefault();
      this.close();
    });
    on(parts.panel, "keydown", (event) => this.#key(event));
    on(parts.switcher, "click", () => {
      this.#choose("language", this.#language === "zh" ? "en" : "zh");
      this.#conversation.pin();
    });
    on(parts.large, "click", () => this.#choose("large", !this.#memory.get("large")));
    on(parts.panel, "click", ({ target }) => this.#menu(parts.more.contains(target) && parts.menu.hidden));
    on(parts.print, "click", () => {
      this.#menu(false);
      print();
    });
    for (const button of [parts.erase, parts.privacy.erase]) {
      on(button, "click", () => {
        this.#menu(false);
        parts.confirm.showModal();
      });
    }
    on(parts.keep, "click", () => parts.confirm.close());
    on(parts.really, "click", () => {
      parts.confirm.close();
      parts.title.focus();
      this.#conversation.erase();
    });
    on(parts.suggestions, "click", (event) => {
      if (event.target.dataset.text) this.#press(event.target.textContent);
    });
    on(parts.form, "submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    on(parts.input, "input", () => {
      this.#fit();
      if (this.#person.person) this.#conversation.types();
    });
    on(parts.talk, "click", () => this.#conversation.person(true));
    on(parts.withdraw, "click", () => this.#conversation.person(false));
    on(this.#dark, "change", () => this.#chosen());
    on(this.#small, "change", () => {
      if (/** @type {HTMLDialogElement} */ (parts.panel).open) {
        /** @type {HTMLDialogElement} */ (parts.panel).close();
        this.#reveal(false);
      }
    });
    on(window, "beforeprint", () => {
      if (this.#visible && this.#log.messages.length) layOut(parts.log, this.#language, this.#title);
    });
    on(window, "afterprint", takeAway);
    if (visualViewport) for (const name of ["resize", "scroll"]) on(visualViewport, name, () => this.#place());
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { input, menu, confirm } = this.#parts;
    if (event.isComposing || confirm.open) return;
    if (event.key === "Escape") {
      event.preventDefault();
      if (menu.hidden) this.close();
      else this.#menu(false);
    } else if (event.key === "Enter" && !event.shiftKey && event.target === input) {
      event.preventDefault();
      this.#submit();
    }
  }

  #submit() {
    const { input } = this.#parts;
    const text = input.value.trim();
    if (!text) return;
    if ([...text].length > LONGEST) return this.#say("too_long");
    input.value = "";
    this.#fit();
    this.#write(text);
  }

  /** @param {string} text @param {string} [button] */
  #write(text, button) {
    this.#say("");
    this.#conversation.write(text, button);
    this.#log.end();
  }

  /** The button pressed goes away; the focus goes to where one writes. @param {string} title @param {string} [key] */
  #press(title, key) {
    this.#focus();
    this.#write(title, key);
  }

  /** On a phone the focus on the input would bring up the keyboard over what there is to read. */
  #focus() {
    const { input, title } = this.#parts;
    (matchMedia("(pointer: coarse)").matches ? title : input).focus();
  }

  /** @param {string} name @param {unknown} value */
  #choose(name, value) {
    this.#memory.set(name, value);
    this.#chosen();
  }

  /** @param {boolean} open */
  #menu(open) {
    const { menu, more } = this.#parts;
    if (!open && menu.contains(/** @type {ShadowRoot} */ (this.shadowRoot).activeElement)) more.focus();
    menu.hidden = !open;
    more.setAttribute("aria-expanded", String(open));
  }

  /** The input is as high as its text; near the limit it says how much room is left. */
  #fit() {
    const { input, count } = this.#parts;
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight}px`;
    const left = LONGEST - [...input.value.trim()].length;
    count.textContent = left < 100 ? say(left < 0 ? "over" : "left", this.#language, { left, over: -left }) : "";
    if (left >= 0 && this.#notice === "too_long") this.#say("");
  }

  // What is seen

  get #visible() {
    const { panel } = this.#parts;
    return !(panel instanceof HTMLDialogElement) || panel.open;
  }

  /** @param {boolean} focus whether the person asked for it */
  #reveal(focus) {
    const { panel, launcher } = this.#parts;
    if (!(panel instanceof HTMLDialogElement) || panel.open) return;
    launcher.hidden = true;
    // Not show(): that would take the focus.
    if (this.#small.matches) panel.showModal();
    else panel.open = true;
    this.#lock(this.#small.matches);
    this.#place();
    this.#memory.set("open", true);
    if (focus) this.#focus();
    this.#read();
    this.#log.end();
  }

  /** Full-screen on a phone: the page behind stays where it is. @param {boolean} on */
  #lock(on) {
    document.documentElement.style.overflow = on ? "hidden" : "";
  }

  /** Full-screen on a phone: above the keyboard. */
  #place() {
    const { panel } = this.#parts;
    const view = window.visualViewport;
    const full = view && this.#small.matches && view.scale === 1 && panel.tagName === "DIALOG";
    panel.style.height = full ? `${view.height}px` : "";
    panel.style.top = full ? `${view.offsetTop}px` : "";
  }

  /** Everything in the language chosen, in the size chosen. */
  #chosen() {
    const { panel, launcher, switcher, large, title, privacy } = this.#parts;
    const language = this.#language;
    panel.lang = launcher.lang = language === "zh" ? "zh-CN" : "en";
    switcher.lang = language === "zh" ? "en" : "zh-CN";
    for (const root of [panel, launcher, privacy.line]) word(root, language);
    title.textContent = this.#title;
    const wanted = Boolean(this.#memory.get("large"));
    large.setAttribute("aria-pressed", String(wanted));
    this.toggleAttribute("data-large", wanted);
    const { theme } = this.dataset;
    this.toggleAttribute("data-dark", theme === "dark" || (theme !== "light" && this.#dark.matches));
    this.#tell();
    this.#fit();
    this.#read();
  }

  /** The lasting state or the last notice, and who answers. */
  #tell() {
    const { state, person, talk, withdraw } = this.#parts;
    const language = this.#language;
    const name = this.#state.name || this.#notice;
    const text = name && say(name, language, this.#state.values);
    if (state.textContent !== text) state.textContent = text;
    state.className = `state ${name}`;
    const who = this.#person;
    const waits = who.place === null ? "" : who.place ? "with_place" : "with_ticket";
    const key = who.person ? (who.name ? "with_name" : "with_person") : waits;
    const line = key && say(key, language, /** @type {any} */ (who));
    if (person.textContent !== line) person.textContent = line;
    const focused = [talk, withdraw].some((button) => button === this.shadowRoot?.activeElement);
    talk.hidden = who.person || who.place !== null;
    withdraw.hidden = !talk.hidden;
    if (focused) (talk.hidden ? withdraw : talk).focus();
  }

  /** @param {string} notice */
  #say(notice) {
    this.#notice = notice;
    this.#tell();
  }

  /** The badge: what has come in while the chat was closed. */
  #read() {
    const { launcher, badge, unread } = this.#parts;
    const newest = Math.max(0, ...this.#log.messages.map((message) => message.seq));
    if (this.#visible && newest > (this.#memory.get("read") ?? 0)) this.#memory.set("read", newest);
    const read = this.#memory.get("read") ?? 0;
    const count = this.#log.messages.filter(({ seq, sender }) => seq > read && /bot|staff/.test(sender)).length;
    badge.hidden = unread.hidden = !count;
    badge.textContent = count > 9 ? "9+" : String(count);
    unread.dataset.values = JSON.stringify({ count });
    word(launcher, this.#language);
  }

  // What the conversation tells

  /** @returns {import("./conversation.js").View} */
  #view() {
    return {
      show: (messages, fresh) => {
        this.#log.show(messages, fresh);
        for (const { author } of messages) if (author) this.#person.name = author;
        this.#tell();
        this.#read();
      },
      wait: (waiting) => this.#log.wait(waiting),
      state: (name, values) => {
        this.#state = { name, values };
        this.#tell();
      },
      notice: (name, text) => {
        this.#say(name);
        if (text && !this.#parts.input.value) this.#parts.input.value = text;
        this.#fit();
      },
      typing: (on) => this.#log.typing(on),
      person: (person, place, name) => {
        this.#person = { person, place, name: name ?? (person ? this.#person.name : null) };
        this.#tell();
      },
      end: (ended) => this.#ended(ended),
      chosen: () => this.#chosen(),
    };
  }

  /** @param {"press" | "rate"} name @param {any} value the button pressed, or { seq, helpful } */
  #act(name, value) {
    if (name === "press") return this.#press(value.title, value.key);
    this.#memory.set("rated", { ...this.#memory.get("rated"), [value.seq]: value.helpful });
    this.#conversation.rate(value.seq, value.helpful);
    this.#say("thanks");
  }

  /** @param {Ended} ended */
  #ended(ended) {
    this.#log.clear(ended === "expired");
    this.#person = { person: false, place: null, name: null };
    this.#say(ended);
    this.#read();
  }
}
