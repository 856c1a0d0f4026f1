/**
 * What makes the front desk's pages live: forms are sent as JSON, fragments are fetched again when the server says that something
 * has changed, keys move about. Whatever a patient wrote arrives escaped by the server or is set as text here.
 */

import { showAnswers, suggest } from "./desk-ask.js";
import "./desk-teach.js";
import { call, prefix } from "./desk-parts.js";

const problem = /** @type {HTMLElement} */ (document.getElementById("problem"));
const fragment = document.getElementById("fragment");
const sound = document.querySelector("[data-sound]");

/** @param {HTMLFormElement} form */
function values(form) {
  /** @type {Record<string, unknown>} */
  const found = {};
  for (const [name, value] of new FormData(form)) {
    const field = form.elements.namedItem(name);
    const { boolean, number } = field instanceof HTMLElement ? field.dataset : {};
    found[name] = boolean !== undefined ? value === "true" : number !== undefined ? Number(value) : value;
    if (value === "" && field instanceof HTMLElement && "optional" in field.dataset) delete found[name];
  }
  if ("holder" in form.dataset) found.held_by = holder() || null;
  if ("once" in form.dataset) found.id = form.dataset.once ||= randomId();
  return found;
}

/** crypto.randomUUID is missing where the desk is served without TLS. */
function randomId() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
}

/** Milliseconds between two times that it is said that somebody writes, and after which they do so no more. */
const SAY_AGAIN = 4000;
const TYPING_LASTS = 6000;
let saidAt = 0;

/** The patient is told that a reply is being written, if one's own ticket it is. */
document.addEventListener("input", (event) => {
  const form = event.target instanceof HTMLTextAreaElement ? event.target.form : null;
  if (!form?.dataset.typingTo || status() !== "mine" || Date.now() < saidAt + SAY_AGAIN) return;
  saidAt = Date.now();
  void call(form.dataset.typingTo, "POST").catch(() => null);
});

let typingEnds = 0;
/** @param {boolean} on */
function showTyping(on) {
  const line = fragment?.querySelector("[data-typing]");
  if (line instanceof HTMLElement) line.hidden = !on;
}

function patientTypes() {
  showTyping(true);
  clearTimeout(typingEnds);
  typingEnds = setTimeout(() => showTyping(false), TYPING_LASTS);
}

/** How many messages the patient has sent: with one more, what was being written has come. */
function written() {
  return fragment?.querySelectorAll(".thread .patient").length;
}

/** What is written anew is another reply: the same id is for the same words alone, sent again after an error. */
document.addEventListener("input", (event) => {
  const form = event.target instanceof HTMLTextAreaElement ? event.target.form : null;
  if (form && "once" in form.dataset) form.dataset.once = "";
});

function holder() {
  return fragment?.querySelector("[data-held-by]")?.getAttribute("data-held-by") ?? "";
}

/** Whether a reply is in the other language than the patient's. @param {HTMLFormElement} form @param {string} text */
function isOtherLanguage(form, text) {
  const chinese = /[\u3400-\u9fff]/.test(text);
  return form.dataset.language === "zh" ? !chinese : form.dataset.language === "en" && chinese;
}

document.addEventListener("submit", async (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.dataset.api) return;
  event.preventDefault();
  const body = values(form);
  if (form.dataset.sure && !confirm(form.dataset.sure)) return;
  if (form.dataset.wrong && isOtherLanguage(form, String(body.text)) && !confirm(form.dataset.wrong)) return;
  const buttons = form.querySelectorAll("button");
  for (const button of buttons) button.disabled = true;
  problem.textContent = "";
  try {
    await then(form, await call(form.dataset.api, form.dataset.method ?? "POST", Object.keys(body).length ? body : undefined));
  } catch (error) {
    problem.textContent = /** @type {Error} */ (error).message;
  } finally {
    for (const button of buttons) button.disabled = false;
  }
});

/** What follows on a form that was sent. @param {HTMLFormElement} form @param {any} answer */
async function then(form, answer) {
  const next = form.dataset.then ?? "";
  if (next === "reload") location.reload();
  else if (next.startsWith("/")) location.assign(prefix + next);
  else if (next === "taught") form.closest("[data-lesson]")?.remove();
  else if (next === "link") showLink(answer.link);
  else if (next === "answers") showAnswers(answer, String(new FormData(form).get("text")));
  else {
    for (const area of form.querySelectorAll("textarea")) area.value = "";
    if ("once" in form.dataset) form.dataset.once = "";
    await refresh();
  }
}

/** @param {string} path */
function showLink(path) {
  const place = /** @type {HTMLElement} */ (document.getElementById("link"));
  place.textContent = `${place.dataset.text} ${location.origin}${prefix}${path}`;
}

/** Fetch the changing part of the page again; focus and what is being written, here and by the patient, stay. */
async function refresh() {
  if (!fragment) return;
  const answer = await fetch(`${prefix}${fragment.dataset.fragment}${location.search}`).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.getAttribute("href");
  const types = fragment.querySelector("[data-typing]:not([hidden])") !== null;
  const before = written();
  fragment.replaceChildren(...page.body.childNodes);
  showTyping(types && written() === before);
  if (focused) /** @type {HTMLElement | null} */ (fragment.querySelector(`a[href="${CSS.escape(focused)}"]`))?.focus();
  localTimes();
  fitForms();
  announce();
}

/** Whose the ticket is: "open" while it is nobody's, "mine", "other". */
function status() {
  return fragment?.querySelector("[data-when]")?.getAttribute("data-when");
}

/** What can be done now: a claim while nobody has it, putting back while it is one's own; how urgent the ticket is by now. */
function fitForms() {
  const urgency = fragment?.querySelector("[data-when]")?.getAttribute("data-urgency");
  const chosen = document.querySelector("form[data-api$='/urgency'] select");
  if (urgency && chosen instanceof HTMLSelectElement && chosen !== document.activeElement) chosen.value = urgency;
  const now = status();
  for (const form of document.querySelectorAll("form[data-when]")) {
    if (form instanceof HTMLElement) form.hidden = form.dataset.when !== now;
  }
}

function localTimes() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const at = new Date(time.getAttribute("datetime") ?? "");
    const today = at.toDateString() === new Date().toDateString();
    const options = /** @type {const} */ ({ hour: "2-digit", minute: "2-digit" });
    time.textContent = today ? at.toLocaleTimeString([], options) : at.toLocaleString([], { dateStyle: "short", timeStyle: "short" });
  }
}

/** @type {{ ids: Set<string>, count: number } | null} */
let known = null;
const title = document.title;

/** The title counts what is urgent and unclaimed, also what a filter hides; a new one sounds, if wanted. */
function announce() {
  const rows = [...(fragment?.querySelectorAll("tr[data-state=open][data-urgency=emergency]") ?? [])];
  const ids = new Set(rows.map((row) => /** @type {HTMLElement} */ (row).dataset.id ?? ""));
  const count = Number(fragment?.querySelector("[data-emergencies]")?.getAttribute("data-emergencies") ?? ids.size);
  const isNew = known && (count > known.count || [...ids].some((id) => !known?.ids.has(id)));
  if (isNew && sound instanceof HTMLInputElement && sound.checked) ring();
  known = { ids, count };
  document.title = count ? `(${count}) ${title}` : title;
}

function ring() {
  const audio = new AudioContext();
  for (const [start, pitch] of [[0, 880], [0.25, 660]]) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    volume.gain.value = 0.15;
    tone.frequency.value = pitch;
    tone.connect(volume).connect(audio.destination);
    tone.start(audio.currentTime + start);
    tone.stop(audio.currentTime + start + 0.2);
  }
}

function follow() {
  if (!fragment?.dataset.events) return;
  const state = document.querySelector("[data-live]");
  /** @param {boolean} on */
  const tell = (on) => {
    if (state instanceof HTMLElement) state.textContent = (on ? state.dataset.live : state.dataset.notLive) ?? "";
  };
  const events = new EventSource(`${prefix}/desk/api${fragment.dataset.events}`);
  events.addEventListener("changed", () => void refresh());
  events.addEventListener("typing", patientTypes);
  events.addEventListener("over", () => location.reload());
  events.addEventListener("open", () => tell(true));
  events.addEventListener("error", () => tell(false));
}

document.addEventListener("click", (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("button");
  if (button && "print" in button.dataset) window.print();
  if (button && "help" in button.dataset) /** @type {HTMLDialogElement} */ (document.getElementById("keys")).showModal();
  if (button?.dataset.suggest) void suggest(button);
});

document.addEventListener("change", (event) => {
  const chosen = event.target;
  if (!(chosen instanceof HTMLSelectElement) || !("templates" in chosen.dataset) || !chosen.value) return;
  const box = /** @type {HTMLTextAreaElement} */ (document.getElementById("reply"));
  box.value = box.value ? `${box.value}\n${chosen.value}` : chosen.value;
  chosen.value = "";
  box.focus();
});

document.addEventListener("keydown", (event) => {
  const at = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName)) return;
  const rows = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-row]")]);
  const here = rows.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  if (event.key === "j") rows[Math.min(here + 1, rows.length - 1)]?.focus();
  else if (event.key === "k") rows[Math.max(here - 1, 0)]?.focus();
  else {
    const wanted = /** @type {HTMLElement | null} */ (document.querySelector(`[data-key="${CSS.escape(event.key)}"]`));
    if (!wanted) return;
    event.preventDefault();
    if (wanted instanceof HTMLButtonElement && !wanted.closest("[hidden]")) wanted.click();
    else wanted.focus();
  }
});

if (sound instanceof HTMLInputElement) {
  sound.addEventListener("change", () => void call("/me", "PATCH", { sound: sound.checked }).catch(() => (sound.checked = !sound.checked)));
}
localTimes();
fitForms();
announce();
follow();
