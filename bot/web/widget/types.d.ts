/** What the widget and the gateway say to each other (see the gateway's OpenAPI page), and what serving sets in. */

type Language = "en" | "zh";

interface Message {
  seq: number;
  id: string;
  sender: "patient" | "bot" | "staff" | "event";
  text: string;
  kind: string;
  language: Language | null;
  /** ISO 8601, UTC. */
  time: string;
  buttons: { key: string; title: string }[];
  source: { text: string; department: string | null } | null;
  author: string | null;
}

/** A message that the gateway has not acknowledged yet. */
interface Pending {
  id: string;
  text: string;
  /** The key of the button pressed, "<seq>.<index>"; the text is its title. */
  button?: string;
  /** Milliseconds since 1970. */
  time: number;
}

/** The conversation this browser is in, or why it is in none. */
interface Kept {
  token?: string;
  ended?: Ended;
}

type Ended = "expired" | "gone" | "erased";

/** Set in at serving by bot/web/widget.py. */
declare const SERVED: {
  /** key -> [English, Chinese], the section `widget` of bot/web/texts.yml. */
  texts: Record<string, [string, string]>;
  css: string;
  printCss: string;
  /** Telephone numbers that an emergency card offers to call, where its text names them. */
  numbers: string[];
};
