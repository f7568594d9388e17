import type { Event, MessageBoxOptions } from 'electron';
import type { Log } from '../services/runtime/log.ts';

const QUIT = 0;
const STAY = 1;

export interface QuitQuestionOptions {
  app: {
    on(event: 'before-quit', listener: (event: Pick<Event, 'preventDefault'>) => void): unknown;
    quit(): void;
  };
  /** Transfers that run or wait now. */
  open: () => OpenTransfers;
  /** Resolves to the index of the button. */
  ask: (options: MessageBoxOptions) => Promise<number>;
  log: Log;
}

export interface OpenTransfers {
  uploads: number;
  downloads: number;
}

/**
 * Asks once before the app quits during transfers. Quitting loses nothing: they continue next time. At system shutdown
 * (`quitsAnyway`) the question is skipped, since it would block the shutdown.
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

  /** For platforms where closing the last window quits: the question appears while the window is still there. */
  beforeClose(event: Pick<Event, 'preventDefault'>): void {
    if (this.#isAgreed || isNothing(this.#options.open())) return;
    event.preventDefault();
    this.#options.app.quit();
  }

  #beforeQuit(event: Pick<Event, 'preventDefault'>): void {
    const open = this.#options.open();
    if (this.#isAgreed || isNothing(open)) return;
    event.preventDefault();
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#options
      .ask(question(open))
      .catch((error: unknown) => {
        // A failed dialog must not keep the app from closing.
        this.#options.log.warn('Quit dialog failed', { error });
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

function isNothing({ uploads, downloads }: OpenTransfers): boolean {
  return uploads + downloads === 0;
}

function question(open: OpenTransfers): MessageBoxOptions {
  const { uploads, downloads } = open;
  const isOne = uploads + downloads === 1;
  return {
    type: 'question',
    title: 'Quit Nearplay?',
    message: `${subjectOf(open)} ${isOne ? 'is' : 'are'} not finished. Quit Nearplay?`,
    detail: `Nothing that has arrived is lost: ${isOne ? 'it goes on where it is' : 'they go on where they are'} when Nearplay is opened again.`,
    buttons: ['Quit', downloads === 0 ? 'Keep Uploading' : uploads === 0 ? 'Keep Downloading' : 'Keep Transferring'],
    defaultId: QUIT,
    cancelId: STAY,
    noLink: true,
  };
}

/** `An upload and 3 downloads`. */
function subjectOf({ uploads, downloads }: OpenTransfers): string {
  const counted = (count: number, one: string, many: string) =>
    count === 0 ? [] : [count === 1 ? one : `${count} ${many}`];
  const words = [...counted(uploads, 'an upload', 'uploads'), ...counted(downloads, 'a download', 'downloads')];
  const text = words.join(' and ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
