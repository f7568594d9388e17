/**
 * Parse options of zod for a value that is parsed once in a process: by default zod compiles a function for each object
 * of a schema first, which takes ten times as long as such a parse.
 */
export const ONCE = { jitless: true } as const;
