/** The gateway's widget API over fetch; the token travels in a header, never in an address. */

/**
 * An answer of the gateway.
 * @typedef {object} Answer
 * @property {string} error the code of a refusal, "" where there is none
 * @property {any} content
 * @property {number} wait seconds after which to try again, 0 where the gateway does not say
 */

const PATIENCE = 20_000;
/** The gateway sends a heartbeat every 15 s; a stream this long silent is dead. */
const SILENCE = 40_000;

export class Gateway {
  /**
   * @param {string} server address of the API, ending in "/widget/"
   * @param {() => Language} language of the sentences in errors
   */
  constructor(server, language) {
    this.server = server;
    this.language = language;
  }

  /**
   * One request.
   * @param {string} method
   * @param {string} path
   * @param {string | undefined} token
   * @param {object} [content]
   * @returns {Promise<Answer>}
   * @throws {Error} where the gateway cannot be reached
   */
  async request(method, path, token, content) {
    const answer = await this.#fetch(path, token, AbortSignal.timeout(PATIENCE), {
      method,
      body: content && JSON.stringify(content),
    });
    return read(answer);
  }

  /**
   * The events of a conversation after a sequence number, until the stream ends.
   * @param {string} token
   * @param {number} after
   * @param {AbortController} control ends it from outside
   * @returns {AsyncGenerator<{name: string, data: any}>} first "open", or "refused" with the code of why
   * @throws {Error} where the connection breaks
   */
  async *events(token, after, control) {
    let silence = 0;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => control.abort(), SILENCE);
    };
    heard();
    try {
      const answer = await this.#fetch(`events?after=${after}`, token, control.signal, { cache: "no-store" });
      if (!answer.ok || !answer.body) {
        yield { name: "refused", data: (await read(answer)).error };
        return;
      }
      yield { name: "open", data: null };
      const reader = answer.body.getReader();
      const decoder = new TextDecoder();
      for (let rest = ""; ; ) {
        const { done, value } = await reader.read();
        if (done) return;
        heard();
        const blocks = (rest + decoder.decode(value, { stream: true }).replaceAll("\r", "")).split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) {
          const name = /^event: ?(.+)$/m.exec(block)?.[1];
          if (name) yield { name, data: parse(/^data: ?(.+)$/m.exec(block)?.[1] ?? "") ?? {} };
        }
      }
    } finally {
      clearTimeout(silence);
      control.abort();
    }
  }

  /**
   * @param {string} path
   * @param {string | undefined} token
   * @param {AbortSignal} signal
   * @param {RequestInit} options
   */
  #fetch(path, token, signal, options) {
    /** @type {Record<string, string>} */
    const headers = { "Accept-Language": this.language() };
    if (token) headers.Authorization = `Bearer ${token}`;
    if (options.body) headers["Content-Type"] = "application/json";
    return fetch(this.server + path, { ...options, headers, signal, credentials: "omit", referrerPolicy: "no-referrer" });
  }
}

/** @param {Response} answer @returns {Promise<Answer>} */
async function read(answer) {
  const content = parse(await answer.text());
  const error = answer.ok ? "" : (content?.error ?? "trouble");
  return { error, content, wait: Number(answer.headers.get("Retry-After")) };
}

/** @param {string} text @returns {any} null where it is not JSON */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
