/**
 * Characters that a terminal or a reader mistakes for something other than part of a name: controls (C0, DEL, C1),
 * marks of text direction, line and paragraph separators, lone surrogates. Each is one UTF-16 unit.
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
