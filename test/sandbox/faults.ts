/** A request as the fault rules see it. */
export interface FaultTarget {
  region: string;
  operation: string;
  method: string;
  key: string;
  /** Of UploadPart only. */
  partNumber?: number;
  /** The header, as in `bytes=0-99`. */
  range?: string;
}

/** An answer on its way. */
export interface RewritableAnswer {
  status: number;
  headers: Readonly<Record<string, string | number>>;
  body: string | AsyncIterable<Buffer>;
}

/** Faults. Several rules may apply to one request; the first `status`, `answer-instead`, `reset`, `stall` or `down` wins. */
export type FaultEffect =
  | { kind: 'latency'; milliseconds: number }
  /** Holds the request until this resolves: for tests that do something meanwhile, however long that takes. */
  | { kind: 'gate'; opened: Promise<unknown> }
  | { kind: 'bandwidth'; bytesPerSecond: number }
  | { kind: 'status'; status: number; code: string; message?: string }
  /** Cuts the connection after so many bytes of the body, in whichever direction the body flows, and not before `when`. */
  | { kind: 'reset'; afterBytes: number; when?: Promise<unknown> }
  /** Takes the request and never answers; with `afterBytes`, once so many bytes of the body have passed. */
  | { kind: 'stall'; afterBytes?: number }
  /** Turns one byte of the body into another. */
  | { kind: 'corrupt'; atByte: number }
  /** Performs the request and cuts the connection instead of answering. */
  | { kind: 'lost-answer' }
  /** Does not perform the request and answers with this: a firewall's page, a redirect, a refusal without a body. */
  | { kind: 'answer-instead'; status: number; headers?: Readonly<Record<string, string>>; body?: string }
  /** Performs the request and returns a wrong ETag and checksum. */
  | { kind: 'wrong-checksum' }
  /** Performs the request and returns neither ETag nor checksum. */
  | { kind: 'no-proof' }
  /** Performs the request and returns no checksum, as servers without them. */
  | { kind: 'no-checksum' }
  /** Performs the request and returns no length in any header. */
  | { kind: 'no-length' }
  /** Marks every page of a listing as truncated, without a token. */
  | { kind: 'no-token' }
  /** Performs the request; an intermediary rewrites the answer. */
  | { kind: 'rewritten'; rewrite: (answer: RewritableAnswer) => Partial<RewritableAnswer> }
  /** Ignores the conditions of a write (If-Match, If-None-Match). */
  | { kind: 'ignore-conditions' }
  /** Ignores ranges and returns whole objects. */
  | { kind: 'ignore-range' }
  /** Performs the request and returns no version id, as a bucket without versioning. */
  | { kind: 'no-version-ids'; say?: 'null' }
  /** Rejects every conditional write: 501 NotImplemented. */
  | { kind: 'refuse-conditions' }
  /** Marks every page of a listing as truncated, with the marker of the request. */
  | { kind: 'endless-pages' }
  /** Answers 200 with a body that never ends: the same bytes again and again, until the client leaves. */
  | { kind: 'endless-body'; chunk?: string; headers?: Readonly<Record<string, string>> }
  /** The region is unreachable: connections are cut before anything is read. */
  | { kind: 'down' };

export interface FaultRule {
  effect: FaultEffect;
  region?: string;
  operation?: string;
  method?: string;
  key?: RegExp;
  partNumber?: number;
  range?: RegExp;
  /** Leaves the first so many matching requests alone. */
  skip?: number;
  /** Applies so many times, then never again. Default: always. */
  times?: number;
}

interface ArmedRule {
  rule: FaultRule;
  matched: number;
  applied: number;
}

/** The faults in force, in the order in which they were added. */
export class Faults {
  #armed: ArmedRule[] = [];

  /** Returns the function that takes the rule away again. */
  add(rule: FaultRule): () => void {
    const armed: ArmedRule = { rule, matched: 0, applied: 0 };
    this.#armed.push(armed);
    return () => {
      this.#armed = this.#armed.filter((other) => other !== armed);
    };
  }

  clear(): void {
    this.#armed = [];
  }

  /** The effects for this request; counts against `skip` and `times`. */
  effectsFor(target: FaultTarget): FaultEffect[] {
    const effects: FaultEffect[] = [];
    for (const armed of this.#armed) {
      if (!applies(armed.rule, target)) continue;
      armed.matched++;
      if (armed.matched <= (armed.rule.skip ?? 0) || armed.applied >= (armed.rule.times ?? Infinity)) continue;
      armed.applied++;
      effects.push(armed.rule.effect);
    }
    return effects;
  }
}

function applies(rule: FaultRule, target: FaultTarget): boolean {
  return (
    (rule.region === undefined || rule.region === target.region) &&
    (rule.operation === undefined || rule.operation === target.operation) &&
    (rule.method === undefined || rule.method === target.method) &&
    (rule.partNumber === undefined || rule.partNumber === target.partNumber) &&
    (rule.range === undefined || (target.range ?? '').search(rule.range) !== -1) &&
    (rule.key === undefined || target.key.search(rule.key) !== -1)
  );
}
