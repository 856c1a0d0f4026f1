/** The widget's own words, and the language they are in. */

/** @type {Language[]} */
const LANGUAGES = ["en", "zh"];

/**
 * A text of bot/web/texts.yml, its {placeholders} filled.
 * @param {string} key
 * @param {Language} language
 * @param {Record<string, string | number>} [values]
 */
export function say(key, language, values = {}) {
  const text = SERVED.texts[key][LANGUAGES.indexOf(language)];
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/**
 * The first of some language tags ("zh-CN", "en", "fr", "auto") that is one of ours; English otherwise.
 * @param {(string | null | undefined)[]} tags
 * @returns {Language}
 */
export function firstLanguage(...tags) {
  for (const tag of tags) {
    const language = LANGUAGES.find((known) => tag?.toLowerCase().split("-")[0] === known);
    if (language) return language;
  }
  return "en";
}

/**
 * When a message was written: the time today, the day too before that.
 * @param {string} moment ISO 8601
 * @param {Language} language
 */
export function clock(moment, language) {
  const date = new Date(moment);
  const today = date.toDateString() === new Date().toDateString();
  return date.toLocaleString(language === "zh" ? "zh-CN" : "en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    ...(today ? {} : { month: "short", day: "numeric" }),
  });
}
