/**
 * What a terminal, or the eye, takes for something else than a part of a name: controls (C0, DEL, C1), marks that turn the
 * direction of text, separators of lines and paragraphs, and halves of characters. All of them are single units of UTF-16.
 */
export const MISLEADING = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/gu;
const MISLEADING_BUT_LINE_FEED = /(?!\n)[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** One line of text for a terminal: what could steer it, or forge another line, is written as `\u001b`. */
export function terminalText(line: string): string {
  return line.replace(MISLEADING, escaped);
}

/** Several lines of text, or of JSON, for a terminal: as terminalText, but line feeds stay. In JSON it means the same. */
export function terminalLines(text: string): string {
  return text.replace(MISLEADING_BUT_LINE_FEED, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
