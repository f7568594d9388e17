import type { Event, MessageBoxOptions } from 'electron';
import type { Log } from '../services/contract.ts';

const QUIT = 0;
const STAY = 1;

export interface QuitQuestionOptions {
  app: {
    on(event: 'before-quit', listener: (event: Pick<Event, 'preventDefault'>) => void): unknown;
    quit(): void;
  };
  /** Uploads that run or wait at this moment. */
  open: () => number;
  /** Resolves to the number of the button. */
  ask: (options: MessageBoxOptions) => Promise<number>;
  log: Log;
}

/**
 * Asks once before the app quits while uploads are under way. Nothing is lost by quitting: they go on next time. When the
 * system shuts down nobody is asked (`quitsAnyway`), since the question would hold it up.
 */
export class QuitQuestion {
  readonly #options: QuitQuestionOptions;
  #isAgreed = false;
  #isAsking = false;

  constructor(options: QuitQuestionOptions) {
    this.#options = options;
    options.app.on('before-quit', (event) => this.#beforeQuit(event));
  }

  quitsAnyway(): void {
    this.#isAgreed = true;
  }

  /** For the last window of a system where the app ends with it: the question comes while the window is still there. */
  beforeClose(event: Pick<Event, 'preventDefault'>): void {
    if (this.#isAgreed || this.#options.open() === 0) return;
    event.preventDefault();
    this.#options.app.quit();
  }

  #beforeQuit(event: Pick<Event, 'preventDefault'>): void {
    const open = this.#options.open();
    if (this.#isAgreed || open === 0) return;
    event.preventDefault();
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#options
      .ask(question(open))
      .catch((error: unknown) => {
        // A question that cannot be asked must not keep the app from closing.
        this.#options.log.warn('Nobody could be asked about quitting', { error });
        return QUIT;
      })
      .then((button) => {
        this.#isAsking = false;
        if (button !== QUIT) return;
        this.#isAgreed = true;
        this.#options.app.quit();
      })
      .catch((error: unknown) => this.#options.log.error('The app could not quit', { error }));
  }
}

function question(open: number): MessageBoxOptions {
  const uploads = open === 1 ? 'An upload is' : `${open} uploads are`;
  return {
    type: 'question',
    title: 'Quit Nearplay?',
    message: `${uploads} not finished. Quit Nearplay?`,
    detail: 'Nothing that has arrived is lost: uploads go on where they are when Nearplay is opened again.',
    buttons: ['Quit', 'Keep Uploading'],
    defaultId: QUIT,
    cancelId: STAY,
    noLink: true,
  };
}
