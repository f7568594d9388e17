/** Bytes a second. A slower line than this would run into the storage's own time-outs between two bytes. */
export const LEAST_RATE = 16 * 1024;
