import type { Page } from 'playwright';
import { SECOND_MS } from '../../shared/units.ts';

/** What the player shows at one moment: the number that it says, and the one in its picture. */
export interface ShownFrame {
  /** Counted from 0; -1 where the player says that it does not know. */
  said: number;
  /** Counted from 0, as it is coded in the picture; -1 where there is none. */
  pictured: number;
}

/** Pictures of test/fixtures/media-coded in the player of the app. */
export class CodedPlayer {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Puts the reader of pictures into the page; once a page. */
  async prepare(): Promise<void> {
    await this.#page.evaluate(() => {
      const canvas = document.createElement('canvas');
      canvas.width = 160;
      canvas.height = 96;
      const context = canvas.getContext('2d', { willReadFrequently: true });
      const read = (): { said: number; pictured: number; busy: boolean } => {
        const media = document.querySelector('[data-testid="player-media"]');
        const video = media instanceof HTMLVideoElement ? media : undefined;
        const drawn = media instanceof HTMLCanvasElement ? media : undefined;
        const text = document.querySelector('[data-testid="frame-number"]')?.textContent ?? '';
        // Counted from 1, unless it is chosen otherwise.
        const said = /^\d+/.test(text) ? Number.parseInt(text, 10) - 1 : -1;
        const settled = document.querySelector('.stage')?.getAttribute('data-settled') === 'true';
        const picture = drawn ?? video;
        if (!picture || !context || (video && video.readyState < 2)) return { said, pictured: -1, busy: true };
        const busy = video?.seeking === true || !settled;
        context.drawImage(picture, 0, 0, 160, 96);
        const { data } = context.getImageData(0, 0, 160, 96);
        let pictured = 0;
        for (let bit = 0; bit < 10; bit++) {
          const white = (row: number) => (data[(row * 160 + bit * 16 + 8) * 4] ?? 0) > 128;
          if (white(24) === white(72)) return { said, pictured: -1, busy };
          if (white(24)) pictured += 2 ** bit;
        }
        return { said, pictured, busy };
      };
      Reflect.set(globalThis, 'readCoded', read);
    });
  }

  /**
   * What is shown once the picture stands still: the same for so many drawings of the window, no seek under way, and its number known: a
   * busy engine may be late to say which picture it presents.
   */
  async settled(drawings = 4): Promise<ShownFrame> {
    return this.#page.evaluate(
      async ({ wanted, most }) => {
        const read = Reflect.get(globalThis, 'readCoded') as () => { said: number; pictured: number; busy: boolean };
        const next = () => new Promise((resolve) => requestAnimationFrame(resolve));
        const deadline = performance.now() + most;
        let last = read();
        for (let same = 0; same < wanted && performance.now() < deadline;) {
          await next();
          const now = read();
          same = !now.busy && now.said >= 0 && now.said === last.said && now.pictured === last.pictured ? same + 1 : 0;
          last = now;
        }
        return { said: last.said, pictured: last.pictured };
      },
      { wanted: drawings, most: 20 * SECOND_MS },
    );
  }

  /** Until the number of the picture is known. */
  async known(): Promise<void> {
    await this.#page.waitForFunction(
      () => /^\d/.test(document.querySelector('[data-testid="frame-number"]')?.textContent ?? ''),
      undefined,
      { timeout: 30 * SECOND_MS },
    );
  }

  press(key: string): Promise<void> {
    return this.#page.keyboard.press(key);
  }

  /** @param share of the bar, from 0 to 1 */
  async click(share: number): Promise<void> {
    const box = await this.#page.getByTestId('scrub').locator('.slider-track').boundingBox();
    if (!box) throw new Error('The player has no bar');
    await this.#page.mouse.click(box.x + share * box.width, box.y + box.height / 2);
  }

  /** Drags along the bar, with a look after each move. @param goesOn whether there is another move; default: so many */
  async drag(
    moves: number,
    random: () => number,
    look: () => Promise<unknown>,
    goesOn: () => boolean = () => true,
  ): Promise<void> {
    const box = await this.#page.getByTestId('scrub').locator('.slider-track').boundingBox();
    if (!box) throw new Error('The player has no bar');
    const y = box.y + box.height / 2;
    await this.#page.mouse.move(box.x + box.width / 2, y);
    await this.#page.mouse.down();
    for (let move = 0; move < moves && goesOn(); move++) {
      await this.#page.mouse.move(box.x + random() * box.width * 0.9, y);
      await look();
    }
    await this.#page.mouse.up();
  }
}
