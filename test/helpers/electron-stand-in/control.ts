import type { Recorded } from './recorder.ts';

/** A test's answer to a dialog; `cancel` is the user's Escape. */
export type DialogAnswer = 'cancel' | { filePaths: string[] } | { filePath: string } | { response: number };

export type PowerEvent = 'suspend' | 'resume' | 'lock-screen' | 'unlock-screen' | 'on-ac' | 'on-battery';

/** Requests of the test's process to the app's, over the child process channel. */
export interface ControlCalls {
  'answer-dialog': (answer: DialogAnswer) => null;
  recorded: () => Recorded;
  'fire-power': (event: PowerEvent) => null;
  'set-focus': (focused: boolean) => null;
  quit: () => null;
}

export type ControlName = keyof ControlCalls;

type ControlRequest = {
  [Name in ControlName]: { name: Name; argument: Parameters<ControlCalls[Name]>[0] };
}[ControlName] & {
  id: number;
};

/** Messages of the app's process; `browser` once, when a browser accepts connections. */
export type ControlMessage =
  | { kind: 'browser'; endpoint: string; name: string; version: string }
  | { kind: 'result'; id: number; result: unknown }
  | { kind: 'error'; id: number; message: string };

/** The channel of this process to the one that started it. */
export interface Channel {
  send: (message: ControlMessage) => void;
}

/** Answers the test's process, if there is one; `ended` is called when it is gone. */
export function attachControl(calls: ControlCalls, ended: () => void): Channel | undefined {
  if (process.send === undefined) return undefined;
  const send = (message: ControlMessage) => {
    if (process.connected) process.send?.(message);
  };
  process.on('message', (request: ControlRequest) => {
    try {
      send({ kind: 'result', id: request.id, result: perform(calls, request) });
    } catch (error) {
      send({ kind: 'error', id: request.id, message: error instanceof Error ? error.message : String(error) });
    }
  });
  process.once('disconnect', ended);
  // The channel alone does not keep the app alive.
  process.channel?.unref();
  return { send };
}

function perform(calls: ControlCalls, request: ControlRequest): unknown {
  switch (request.name) {
    case 'answer-dialog':
      return calls[request.name](request.argument);
    case 'fire-power':
      return calls[request.name](request.argument);
    case 'set-focus':
      return calls[request.name](request.argument);
    case 'recorded':
    case 'quit':
      return calls[request.name]();
  }
}
