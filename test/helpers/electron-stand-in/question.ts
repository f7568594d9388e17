import type { DialogAnswer } from './control.ts';

/** What a person is asked in the page, where no test answers for them. */
export type Question =
  | { kind: 'open'; title: string; button: string; multiple: boolean; accept: string }
  | { kind: 'save'; title: string; button: string; path: string }
  | { kind: 'message'; title: string; message: string; detail: string; buttons: string[] };

/**
 * Shows a dialog in the page and resolves to what the person chose. Runs in the preload's world, sent there as text: it
 * may use nothing but its arguments and the globals of a browser. `pathOf` gives the path on disk of a chosen file.
 */
export function askPerson(question: Question, pathOf: (file: File) => string): Promise<DialogAnswer> {
  const STYLE = `
    dialog { font: 15px system-ui, sans-serif; color-scheme: light dark; border: 1px solid #8888; border-radius: 10px;
      padding: 20px 24px; min-width: 360px; max-width: 560px; box-shadow: 0 20px 60px #0008; }
    dialog::backdrop { background: #0008; }
    h2 { font-size: 17px; margin: 0 0 12px; }
    p { margin: 0 0 12px; }
    input { width: 100%; box-sizing: border-box; font: inherit; }
    menu { display: flex; justify-content: flex-end; gap: 8px; margin: 20px 0 0; padding: 0; }
    button { font: inherit; padding: 6px 14px; }`;
  const host = document.createElement('div');
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const dialog = add(root, 'dialog');
  const input = build();
  document.documentElement.append(host);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      host.remove();
      resolve(answerOf(dialog.returnValue));
    });
  });

  function add<Tag extends keyof HTMLElementTagNameMap>(parent: Node, tag: Tag, text = ''): HTMLElementTagNameMap[Tag] {
    const element = document.createElement(tag);
    element.textContent = text;
    parent.appendChild(element);
    return element;
  }

  function build(): HTMLInputElement | undefined {
    add(dialog, 'h2', question.title || 'Nearplay');
    if (question.kind === 'message') {
      for (const text of [question.message, question.detail]) if (text !== '') add(dialog, 'p', text);
      addButtons(question.buttons.map((label, index) => [label, String(index)]));
      return undefined;
    }
    const field = add(dialog, 'input');
    if (question.kind === 'open') {
      Object.assign(field, { type: 'file', multiple: question.multiple, accept: question.accept });
    } else {
      Object.assign(field, { type: 'text', value: question.path });
    }
    addButtons([
      ['Cancel', ''],
      [question.button, 'done'],
    ]);
    return field;
  }

  function addButtons(buttons: [label: string, value: string][]): void {
    const menu = add(dialog, 'menu');
    for (const [label, value] of buttons)
      add(menu, 'button', label).addEventListener('click', () => dialog.close(value));
  }

  function answerOf(value: string): DialogAnswer {
    if (value === '') return 'cancel';
    if (question.kind === 'message') return { response: Number(value) };
    if (question.kind === 'save') return input?.value ? { filePath: input.value } : 'cancel';
    const filePaths = [...(input?.files ?? [])].map(pathOf).filter((path) => path !== '');
    return filePaths.length === 0 ? 'cancel' : { filePaths };
  }
}
