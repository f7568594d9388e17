const nothing = (): void => undefined;

/** The SDK writes remarks to the console where a client has no logger of its own: what failed comes as an error anyway. */
export const QUIET_LOGGER = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
