import type { IpcMain } from 'electron';
import { EventEmitter } from 'node:events';

/** The frame that a message came from. */
export interface SenderFrame {
  url: string;
  parent: null;
  top: SenderFrame | null;
  readonly isDestroyed: () => boolean;
}

export interface Sending {
  sender: object;
  senderFrame: SenderFrame;
  reply: (channel: string, ...args: unknown[]) => void;
}

type Handler = (event: Sending, ...args: unknown[]) => unknown;

/** Requests and messages of the preload. */
export class IpcMainStandIn extends EventEmitter implements Pick<IpcMain, 'removeHandler'> {
  readonly #handlers = new Map<string, Handler>();

  handle(channel: string, handler: Handler): void {
    if (this.#handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
    this.#handlers.set(channel, handler);
  }

  handleOnce(channel: string, handler: Handler): void {
    this.handle(channel, (event, ...args) => {
      this.removeHandler(channel);
      return handler(event, ...args);
    });
  }

  removeHandler(channel: string): void {
    this.#handlers.delete(channel);
  }

  /** @throws Error with the text that Electron gives it on its way to the preload; all else of an error is lost there too. */
  async answer(channel: string, event: Sending, args: readonly unknown[]): Promise<unknown> {
    try {
      const handler = this.#handlers.get(channel);
      if (!handler) throw new Error(`No handler registered for '${channel}'`);
      return await handler(event, ...args);
    } catch (error) {
      throw new Error(`Error invoking remote method '${channel}': ${String(error)}`, { cause: error });
    }
  }
}
