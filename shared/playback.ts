/**
 * What a player says of the bytes ahead of its position. `short`: it plays or seeks, and what it has ends soon. `enough`: it
 * can play for a while, or takes no more. `over`: nothing plays.
 */
export const PLAYBACK_NEEDS = ['short', 'enough', 'over'] as const;
export type PlaybackNeed = (typeof PLAYBACK_NEEDS)[number];

/** A player says it anew at least this often while it is `short` or `enough`: one that is gone says nothing. Milliseconds. */
export const PLAYBACK_REPORT_INTERVAL_MS = 1000;
