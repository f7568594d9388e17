import { createScanner, type JSONScanner } from 'jsonc-parser';

/** Objects and lists within each other. Isolation Preferences have five. */
const MAX_DEPTH = 32;
/** Names of values in a whole document. Isolation Preferences with 100 storages and 100 replicas have about 1,000. */
const MAX_NAMES = 2000;

export interface JsonFault {
  /** 1-based. */
  line: number;
  /** Where it is in the document, as far as it could be read. */
  path: (string | number)[];
  /** For people. */
  message: string;
}

/** A JSON document that was read, with the lines of its parts. */
export interface JsonDocument {
  value: unknown;
  /** Keys that stand twice or that no document may have. The value is a guess where there is one. */
  faults: JsonFault[];
  /** 1-based line of a place, or of the nearest place above it. */
  lineOf(path: readonly (string | number)[]): number;
}

/** One value with the line it, or its key, stands in. */
interface Node {
  value: unknown;
  line: number;
  children?: Map<string | number, Node>;
}

// `const enum`s of jsonc-parser: a compiler of single files cannot read them (main.d.ts, SyntaxKind and ScanError).
const OPEN_BRACE = 1;
const CLOSE_BRACE = 2;
const OPEN_BRACKET = 3;
const CLOSE_BRACKET = 4;
const COMMA = 5;
const COLON = 6;
const NULL = 7;
const TRUE = 8;
const FALSE = 9;
const STRING = 10;
const NUMBER = 11;
const LAST_OF_TRIVIA = 15;
const FIRST_OF_TRIVIA = 12;
const UNKNOWN = 16;
const END = 17;
const SCAN_ERRORS: Readonly<Record<number, string>> = {
  1: 'a comment is opened and never closed',
  2: 'a quotation mark is missing at the end of a text',
  3: 'a number is not complete',
  4: 'a "\\u" is not followed by four hexadecimal digits',
  5: 'a backslash is followed by a letter that means nothing (write \\\\ for a backslash)',
  6: 'a text has a tab or another control character in it',
};
/** Setting them would change how objects work, not what they hold. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const TYPOGRAPHIC_QUOTES = /^[\u2018-\u201F\u00AB\u00BB\u2039\u203A]/;
const MAX_SHOWN_CHARACTERS = 60;

class SyntaxFault extends Error {
  readonly fault: JsonFault;

  constructor(fault: JsonFault) {
    super(fault.message);
    this.fault = fault;
  }
}

/**
 * Reads JSON with comments and trailing commas, in one pass: linear in the length of the text, and at most 32 levels deep.
 * Never throws. The first fault of syntax ends it and is all that is returned.
 */
export function readJson(text: string): JsonDocument | { syntax: JsonFault } {
  try {
    const reader = new Reader(createScanner(text, false));
    const root = reader.document();
    return { value: root.value, faults: reader.faults, lineOf: (path) => lineOf(root, path) };
  } catch (error) {
    if (error instanceof SyntaxFault) return { syntax: error.fault };
    throw error;
  }
}

function lineOf(root: Node, path: readonly (string | number)[]): number {
  let node = root;
  for (const part of path) {
    const next = node.children?.get(part);
    if (!next) break;
    node = next;
  }
  return node.line;
}

/** Recursive descent; the depth is limited before a level is entered. */
class Reader {
  readonly faults: JsonFault[] = [];
  readonly #scanner: JSONScanner;
  readonly #path: (string | number)[] = [];
  #token = UNKNOWN;
  #depth = 0;
  #names = 0;

  constructor(scanner: JSONScanner) {
    this.#scanner = scanner;
    this.#next();
  }

  document(): Node {
    if (this.#token === END) this.#fail('it is empty');
    const root = this.#value();
    if (this.#token !== END) this.#fail(`${this.#shown()} stands after the end of the document`);
    return root;
  }

  #next(): void {
    do {
      this.#token = this.#scanner.scan();
      const problem = SCAN_ERRORS[this.#scanner.getTokenError()];
      if (problem !== undefined) this.#fail(problem);
    } while (this.#token >= FIRST_OF_TRIVIA && this.#token <= LAST_OF_TRIVIA);
  }

  #value(): Node {
    const line = this.#line();
    switch (this.#token) {
      case OPEN_BRACE:
        return this.#inner(line, () => this.#object(line));
      case OPEN_BRACKET:
        return this.#inner(line, () => this.#list(line));
      case STRING:
        return this.#leaf(this.#scanner.getTokenValue());
      case NUMBER:
        return this.#leaf(Number(this.#scanner.getTokenValue()));
      case TRUE:
      case FALSE:
        return this.#leaf(this.#token === TRUE);
      case NULL:
        return this.#leaf(null);
      case END:
        return this.#fail('it ends too early');
      default:
        return this.#fail(`${this.#shown()} stands where a value should be`);
    }
  }

  #leaf(value: unknown): Node {
    const line = this.#line();
    this.#next();
    return { value, line };
  }

  #inner(line: number, read: () => Node): Node {
    if (this.#depth === MAX_DEPTH) this.#fail(`it has more than ${MAX_DEPTH} levels`, line);
    this.#depth += 1;
    this.#next();
    const node = read();
    this.#depth -= 1;
    this.#next();
    return node;
  }

  #object(line: number): Node {
    const value: Record<string, unknown> = {};
    const children = new Map<string, Node>();
    while (this.#token !== CLOSE_BRACE) {
      if (this.#token === END) this.#fail(`it ends before the "{" of line ${line} is closed`);
      if (this.#token !== STRING) this.#fail(`${this.#shown()} stands where a name in quotation marks should be`);
      this.#names += 1;
      if (this.#names > MAX_NAMES) this.#fail(`it has more than ${MAX_NAMES} names, which no preferences have`);
      const key = this.#scanner.getTokenValue();
      const keyLine = this.#line();
      this.#path.push(key);
      this.#checkKey(key, keyLine, children.get(key));
      this.#next();
      if (!this.#isAt(COLON)) this.#fail(`a colon is missing after ${quoted(key)} and before ${this.#shown()}`);
      this.#next();
      const child = this.#value();
      children.set(key, { ...child, line: keyLine });
      if (!FORBIDDEN_KEYS.has(key)) value[key] = child.value;
      this.#path.pop();
      this.#separator(CLOSE_BRACE, line);
    }
    return { value, line, children };
  }

  #list(line: number): Node {
    const value: unknown[] = [];
    const children = new Map<number, Node>();
    while (this.#token !== CLOSE_BRACKET) {
      if (this.#token === END) this.#fail(`it ends before the "[" of line ${line} is closed`);
      this.#path.push(value.length);
      const child = this.#value();
      children.set(value.length, child);
      value.push(child.value);
      this.#path.pop();
      this.#separator(CLOSE_BRACKET, line);
    }
    return { value, line, children };
  }

  #separator(close: typeof CLOSE_BRACE | typeof CLOSE_BRACKET, opened: number): void {
    if (this.#token === COMMA) this.#next();
    else if (this.#token === END) {
      this.#fail(`it ends before the "${close === CLOSE_BRACE ? '{' : '['}" of line ${opened} is closed`);
    } else if (this.#token !== close) this.#fail(`a comma is missing before ${this.#shown()}`);
  }

  #checkKey(key: string, line: number, earlier: Node | undefined): void {
    const found = (message: string) => this.faults.push({ line, path: [...this.#path], message });
    if (FORBIDDEN_KEYS.has(key)) found(`"${key}" cannot be used as a name`);
    if (!earlier) return;
    const lines = earlier.line === line ? `twice in line ${line}` : `in line ${earlier.line} and in line ${line}`;
    found(`${quoted(key)} stands ${lines}: remove one of them`);
  }

  #isAt(token: number): boolean {
    return this.#token === token;
  }

  #line(): number {
    return this.#scanner.getTokenStartLine() + 1;
  }

  #shown(): string {
    const start = this.#scanner.getTokenOffset();
    if (this.#token === END) return 'the end';
    const text = this.#scanner.getTokenValue() || (SYMBOLS[this.#token] ?? '');
    if (TYPOGRAPHIC_QUOTES.test(text)) return `a typographic quotation mark (${text.slice(0, 1)}; use ")`;
    if (text === '\u00A0') return 'a non-breaking space (U+00A0)';
    if (start === 0 && this.#token === UNKNOWN && text.startsWith('<')) return '"<" of a web page or XML';
    return quoted(text);
  }

  #fail(problem: string, line = this.#line()): never {
    throw new SyntaxFault({ line, path: [], message: problem });
  }
}

const SYMBOLS: Readonly<Record<number, string>> = {
  [OPEN_BRACE]: '{',
  [CLOSE_BRACE]: '}',
  [OPEN_BRACKET]: '[',
  [CLOSE_BRACKET]: ']',
  [COMMA]: ',',
  [COLON]: ':',
};

/** For a sentence: cut, and without what would break the line. */
export function quoted(text: string): string {
  const characters = text.slice(0, MAX_SHOWN_CHARACTERS + 1).replace(/\p{C}/gu, '\uFFFD');
  return `"${characters.length > MAX_SHOWN_CHARACTERS ? `${characters.slice(0, MAX_SHOWN_CHARACTERS)}…` : characters}"`;
}
