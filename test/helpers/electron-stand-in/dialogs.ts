import type {
  MessageBoxOptions,
  MessageBoxReturnValue,
  OpenDialogOptions,
  OpenDialogReturnValue,
  SaveDialogOptions,
  SaveDialogReturnValue,
} from 'electron';
import { MINUTE_MS } from '../../../shared/units.ts';
import type { DialogAnswer } from './control.ts';
import type { Question } from './question.ts';
import type { Recorded } from './recorder.ts';

const ANSWER_TIMEOUT_MS = MINUTE_MS;

export interface DialogsOptions {
  recorded: Recorded;
  /** Asks a person; absent where a test answers. */
  ask: ((question: Question) => Promise<DialogAnswer>) | undefined;
  log: (line: string) => void;
}

/** System dialogs, answered by a test in the order in which they open, or by a person in the page. */
export class Dialogs {
  readonly #options: DialogsOptions;
  readonly #answers: DialogAnswer[] = [];
  readonly #waiting: ((answer: DialogAnswer) => void)[] = [];

  constructor(options: DialogsOptions) {
    this.#options = options;
  }

  /** Answers the dialog that is open, or else the next one. */
  answer(answer: DialogAnswer): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(answer);
    else this.#answers.push(answer);
  }

  async showOpenDialog(...args: [OpenDialogOptions] | [object, OpenDialogOptions]): Promise<OpenDialogReturnValue> {
    const { title = '', buttonLabel = 'Open', properties = [], filters = [] } = optionsOf(args);
    const extensions = filters.flatMap((filter) => filter.extensions);
    const accept = extensions.includes('*') ? '' : extensions.map((extension) => `.${extension}`).join(',');
    const multiple = properties.includes('multiSelections');
    const answer = await this.#ask('showOpenDialog', { kind: 'open', title, button: buttonLabel, multiple, accept });
    if (answer === 'cancel') return { canceled: true, filePaths: [] };
    return { canceled: false, filePaths: part(answer, 'filePaths') };
  }

  async showSaveDialog(...args: [SaveDialogOptions] | [object, SaveDialogOptions]): Promise<SaveDialogReturnValue> {
    const { title = '', buttonLabel = 'Save', defaultPath = '' } = optionsOf(args);
    const answer = await this.#ask('showSaveDialog', { kind: 'save', title, button: buttonLabel, path: defaultPath });
    if (answer === 'cancel') return { canceled: true, filePath: '' };
    return { canceled: false, filePath: part(answer, 'filePath') };
  }

  async showMessageBox(...args: [MessageBoxOptions] | [object, MessageBoxOptions]): Promise<MessageBoxReturnValue> {
    const { title = '', message, detail = '', buttons = ['OK'], cancelId = 0 } = optionsOf(args);
    const answer = await this.#ask('showMessageBox', { kind: 'message', title, message, detail, buttons });
    return { response: answer === 'cancel' ? cancelId : part(answer, 'response'), checkboxChecked: false };
  }

  /** Before `ready` Electron writes it to stderr on Linux; the stand-in always does. */
  showErrorBox(title: string, content: string): void {
    this.#options.recorded.dialogs.push({ method: 'showErrorBox', title, message: content });
    this.#options.log(`${title}\n${content}`);
  }

  #ask(method: string, question: Question): Promise<DialogAnswer> {
    const message = question.kind === 'message' ? question.message : '';
    this.#options.recorded.dialogs.push({ method, title: question.title, message });
    const ready = this.#answers.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    return this.#options.ask?.(question) ?? this.#answered(method);
  }

  #answered(method: string): Promise<DialogAnswer> {
    return new Promise((resolve, reject) => {
      const answered = (answer: DialogAnswer) => {
        clearTimeout(timer);
        resolve(answer);
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(answered), 1);
        reject(new Error(`electron stand-in: nobody answered ${method}`));
      }, ANSWER_TIMEOUT_MS);
      this.#waiting.push(answered);
    });
  }
}

function optionsOf<Options>(args: [Options] | [object, Options]): Options {
  return args.length === 2 ? args[1] : args[0];
}

type Parts = { filePaths: string[]; filePath: string; response: number };

function part<Key extends keyof Parts>(answer: Exclude<DialogAnswer, 'cancel'>, key: Key): Parts[Key] {
  const parts: Partial<Parts> = answer;
  const value = parts[key];
  if (value === undefined) throw new Error(`The dialog was answered with something else than ${key}`);
  return value;
}
