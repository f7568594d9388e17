// Runs in the page: installed there as text by geometry.ts, so nothing is imported.

export interface Fault {
  kind:
    'covered' | 'cut off' | 'not to be reached' | 'cut text' | 'squeezed text' | 'text outside' | 'overlapping text';
  /** The control or the text. */
  what: string;
  /** What lies on it or cuts it; empty where there is no such thing. */
  by: string;
}

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const CONTROLS = [
  ...['a[href]', 'button', 'input:not([type="hidden"])', 'select', 'textarea', 'summary'],
  ...['button', 'link', 'tab', 'menuitem', 'menuitemradio', 'menuitemcheckbox', 'option', 'slider', 'switch'].map(
    (role) => `[role="${role}"]`,
  ),
  ...['checkbox', 'radio', 'textbox', 'combobox', 'spinbutton'].map((role) => `[role="${role}"]`),
  '[tabindex]:not([tabindex="-1"])',
].join(',');
/** What has words of its own inside of a border, which they must not leave. */
const FRAMED = 'a[href], button, label, [role="tab"], [role="menuitem"], [role="option"]';
/** Rounding of edges, CSS pixels. */
const EDGE = 1.5;
/** A cut text shows at least so much, in its font's size: a letter and the ellipsis. */
const LEAST_TEXT = 1.6;
/** A fault that is still there after so many looks, two frames apart, is none of a layout on its way. */
const LOOKS = 15;

let styles = new Map<Element, CSSStyleDeclaration>();

function styleOf(element: Element): CSSStyleDeclaration {
  let style = styles.get(element);
  if (!style) styles.set(element, (style = getComputedStyle(element)));
  return style;
}

/** The faults of what is on screen once the window has this width; empty when there are none. */
export async function faultsWhenSettled(width: number): Promise<Fault[]> {
  let faults: Fault[] | undefined;
  for (let look = 0; look < LOOKS; look += 1) {
    await twoFrames();
    if (window.innerWidth !== width) continue;
    faults = faultsNow();
    if (faults.length === 0) return [];
  }
  if (!faults) throw new Error(`The window is ${window.innerWidth} pixels wide, not ${width}`);
  return faults;
}

function twoFrames(): Promise<unknown> {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}

function faultsNow(): Fault[] {
  styles = new Map();
  const layers = topLayers();
  // Before the texts: nothing is scrolled for those.
  const texts = textFaults(layers);
  return distinct([...layers.flatMap((layer) => controlFaults(layer)), ...texts]);
}

/** Where the user is: the popover or the dialog on top, with the notices that stand over dialogs; else the whole page. */
function topLayers(): Element[] {
  const over = [...document.querySelectorAll('.popover, .overlay')].filter(isShown).at(-1);
  if (!over) return [document.body];
  const notices = document.querySelector('.toasts');
  return over.matches('.overlay') && notices ? [over, notices] : [over];
}

function isShown(element: Element): boolean {
  const seen = element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  return seen && element.closest('[inert]') === null;
}

/** Hidden from eyes and there for assistive tools. */
function isClippedAway(element: Element): boolean {
  for (let node: Element | null = element; node; node = node.parentElement) {
    const style = styleOf(node);
    const clip = style.getPropertyValue('clip');
    const isOut = style.position === 'absolute' || style.position === 'fixed';
    if (isOut && (clip.startsWith('rect(0px, 0px') || style.clipPath === 'inset(50%)')) return true;
  }
  return false;
}

function boxOf(element: Element): Box {
  const { left, top, right, bottom } = element.getBoundingClientRect();
  return { left, top, right, bottom };
}

/** Inside of the borders and of the scroll bars. */
function innerBoxOf(element: Element): Box {
  const { left, top } = element.getBoundingClientRect();
  const inner = { left: left + element.clientLeft, top: top + element.clientTop };
  return { ...inner, right: inner.left + element.clientWidth, bottom: inner.top + element.clientHeight };
}

function shared(one: Box, other: Box): Box {
  return {
    left: Math.max(one.left, other.left),
    top: Math.max(one.top, other.top),
    right: Math.min(one.right, other.right),
    bottom: Math.min(one.bottom, other.bottom),
  };
}

function widthOf({ left, right }: Box): number {
  return Math.max(0, right - left);
}

function heightOf({ top, bottom }: Box): number {
  return Math.max(0, bottom - top);
}

function windowBox(): Box {
  return { left: 0, top: 0, right: window.innerWidth, bottom: window.innerHeight };
}

/** The elements above that can cut this one: its containing blocks (CSS Positioned Layout). */
function containersOf(element: Element): Element[] {
  const found: Element[] = [];
  let { position } = styleOf(element);
  for (let node = element.parentElement; node && position !== 'fixed'; node = node.parentElement) {
    const style = styleOf(node);
    if (position === 'absolute' && style.position === 'static' && style.transform === 'none') continue;
    found.push(node);
    position = style.position;
  }
  return found;
}

function scrolls(overflow: string): boolean {
  return overflow === 'auto' || overflow === 'scroll';
}

/** Scrolls as little as it takes; returns the function that scrolls back. */
function scrollTo(element: Element, containers: readonly Element[]): () => void {
  const before: (() => void)[] = [];
  for (const container of containers) {
    const { overflowX, overflowY } = styleOf(container);
    if (!scrolls(overflowX) && !scrolls(overflowY)) continue;
    const [box, room] = [boxOf(element), innerBoxOf(container)];
    const { scrollLeft, scrollTop } = container;
    const by = {
      left:
        box.left < room.left
          ? box.left - room.left
          : Math.max(0, Math.min(box.right - room.right, box.left - room.left)),
      top:
        box.top < room.top ? box.top - room.top : Math.max(0, Math.min(box.bottom - room.bottom, box.top - room.top)),
    };
    if (by.left === 0 && by.top === 0) continue;
    container.scrollBy({ ...by, behavior: 'instant' });
    before.push(() => container.scrollTo({ left: scrollLeft, top: scrollTop, behavior: 'instant' }));
  }
  return () => before.reverse().forEach((back) => back());
}

/** What can be seen of the element. */
function seenOf(element: Element, containers: readonly Element[]): Box {
  let seen = shared(boxOf(element), windowBox());
  for (const container of containers) {
    const { overflowX, overflowY } = styleOf(container);
    const room = innerBoxOf(container);
    if (overflowX !== 'visible') seen = { ...seen, ...sides(shared(seen, room), 'left', 'right') };
    if (overflowY !== 'visible') seen = { ...seen, ...sides(shared(seen, room), 'top', 'bottom') };
  }
  return seen;
}

function sides(box: Box, ...names: (keyof Box)[]): Partial<Box> {
  return Object.fromEntries(names.map((name) => [name, box[name]]));
}

function controlFaults(layer: Element): Fault[] {
  const targets = new Set<Element>();
  for (const control of layer.querySelectorAll(CONTROLS)) {
    const target = targetOf(control);
    if (target) targets.add(target);
  }
  return [...targets].flatMap(controlFault);
}

/** What is clicked for a control: itself, or the label or the thumb of an input that only assistive tools see. */
function targetOf(control: Element): Element | undefined {
  if (!isShown(control) || control.closest('[hidden]')) return undefined;
  if (!isClippedAway(control)) return widthOf(boxOf(control)) > 0 ? control : undefined;
  if (!(control instanceof HTMLInputElement)) return undefined;
  const label = control.closest('label');
  if (label) return isClippedAway(label) ? undefined : label;
  return control.type === 'range' ? (control.closest('.slider-thumb') ?? undefined) : undefined;
}

function controlFault(target: Element): Fault[] {
  const containers = containersOf(target);
  const back = scrollTo(target, containers);
  try {
    const [whole, seen] = [boxOf(target), seenOf(target, containers)];
    const what = nameOf(target);
    if (widthOf(seen) < 1 || heightOf(seen) < 1)
      return [{ kind: 'not to be reached', what, by: cutterOf(target, containers) }];
    const point = { x: (seen.left + seen.right) / 2, y: (seen.top + seen.bottom) / 2 };
    const hit = document.elementFromPoint(point.x, point.y);
    if (!hit || !target.contains(hit)) return [{ kind: 'covered', what, by: hit ? nameOf(hit) : 'nothing' }];
    const lost = widthOf(seen) < widthOf(whole) - EDGE || heightOf(seen) < heightOf(whole) - EDGE;
    if (lost && !isLargerThanRoom(whole, containers))
      return [{ kind: 'cut off', what, by: cutterOf(target, containers) }];
    return [];
  } finally {
    back();
  }
}

/** What is larger than where it scrolls can only be seen in parts. */
function isLargerThanRoom(whole: Box, containers: readonly Element[]): boolean {
  return containers.some((container) => {
    const { overflowX, overflowY } = styleOf(container);
    const room = innerBoxOf(container);
    return (
      (scrolls(overflowX) && widthOf(whole) > widthOf(room) + EDGE) ||
      (scrolls(overflowY) && heightOf(whole) > heightOf(room) + EDGE)
    );
  });
}

function cutterOf(target: Element, containers: readonly Element[]): string {
  const box = boxOf(target);
  const cutter = containers.find((container) => {
    const { overflowX, overflowY } = styleOf(container);
    const inside = shared(box, innerBoxOf(container));
    return (
      (overflowX !== 'visible' && widthOf(inside) < widthOf(box) - EDGE) ||
      (overflowY !== 'visible' && heightOf(inside) < heightOf(box) - EDGE)
    );
  });
  return cutter ? nameOf(cutter) : 'the window';
}

interface Mark {
  element: Element;
  name: string;
  /** Where there is ink, roughly. */
  ink: Box;
}

function textFaults(layers: readonly Element[]): Fault[] {
  const faults: Fault[] = [];
  const marks: Mark[] = [];
  for (const node of layers.flatMap(textNodes)) {
    const element = node.parentElement;
    if (!element || !isShown(element) || isClippedAway(element)) continue;
    const fontSize = parseFloat(styleOf(element).fontSize);
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rectangle of range.getClientRects()) {
      if (rectangle.width === 0) continue;
      const ink = inkOf(rectangle, fontSize);
      const { seen, fault } = cutOf(element, ink, fontSize);
      if (fault) faults.push({ ...fault, what: `${nameOf(element)} "${shorten(node.data)}"` });
      if (seen && widthOf(seen) > EDGE && heightOf(seen) > EDGE) {
        marks.push({ element, name: `${nameOf(element)} "${shorten(node.data)}"`, ink: seen });
      }
    }
  }
  for (const field of layers.flatMap((layer) => [...layer.querySelectorAll('input')]))
    faults.push(...fieldFaults(field));
  for (const layer of layers) marks.push(...[...layer.querySelectorAll('svg')].flatMap(markOfIcon));
  return [...distinct(faults), ...overlaps(marks)];
}

function textNodes(layer: Element): Text[] {
  const walker = document.createTreeWalker(layer, NodeFilter.SHOW_TEXT, (node) =>
    (node as Text).data.trim() === '' || node.parentElement?.matches('script, style, option, title, textarea')
      ? NodeFilter.FILTER_REJECT
      : NodeFilter.FILTER_ACCEPT,
  );
  const found: Text[] = [];
  while (walker.nextNode()) found.push(walker.currentNode as Text);
  return found;
}

/** A line's rectangle is as high as its font can be; capitals begin below its top, and descenders nearly reach its bottom. */
function inkOf({ left, top, right, bottom }: DOMRect, fontSize: number): Box {
  return { left, top: top + 0.2 * fontSize, right, bottom: bottom - 0.06 * fontSize };
}

interface Cut {
  /** What is left of it on screen; undefined when it is scrolled away or nothing is left. */
  seen: Box | undefined;
  fault?: Omit<Fault, 'what'>;
}

/** Follows a line outwards through all that may cut it. */
function cutOf(element: Element, ink: Box, fontSize: number): Cut {
  let seen = ink;
  const framed = element.closest(FRAMED);
  for (const container of [element, ...containersOf(element)]) {
    const style = styleOf(container);
    if (style.display === 'inline' || style.display === 'contents') continue;
    const room = innerBoxOf(container);
    const beyond = {
      x: seen.left < room.left - EDGE || seen.right > room.right + EDGE,
      y: seen.top < room.top - EDGE || seen.bottom > room.bottom + EDGE,
    };
    const inside = shared(seen, room);
    const scrolled = (beyond.x && scrolls(style.overflowX)) || (beyond.y && scrolls(style.overflowY));
    const cutX = beyond.x && style.overflowX !== 'visible' && !scrolls(style.overflowX);
    const cutY = beyond.y && style.overflowY !== 'visible' && !scrolls(style.overflowY);
    const isClamped = style.getPropertyValue('-webkit-line-clamp') !== 'none';
    const hasEllipsis = style.textOverflow === 'ellipsis' && isOwnBlock(container, element);
    if (!isClamped && ((cutX && !hasEllipsis) || cutY))
      return { seen: undefined, fault: { kind: 'cut text', by: nameOf(container) } };
    if (cutX && widthOf(room) < LEAST_TEXT * fontSize) {
      return { seen: undefined, fault: { kind: 'squeezed text', by: nameOf(container) } };
    }
    if (container === framed && (beyond.x || beyond.y) && !cutX && !cutY && !scrolled) {
      return { seen: undefined, fault: { kind: 'text outside', by: nameOf(container) } };
    }
    if (scrolled || cutX || cutY) seen = inside;
    if (widthOf(seen) === 0 || heightOf(seen) === 0) return { seen: undefined };
  }
  const inWindow = shared(seen, windowBox());
  const lost = widthOf(inWindow) < widthOf(seen) - EDGE || heightOf(inWindow) < heightOf(seen) - EDGE;
  return lost ? { seen: undefined, fault: { kind: 'cut text', by: 'the window' } } : { seen };
}

/** An ellipsis is drawn where the lines are: in the block that holds the text itself. */
function isOwnBlock(container: Element, element: Element): boolean {
  for (let node: Element | null = element; node; node = node.parentElement) {
    if (styleOf(node).display !== 'inline') return node === container;
  }
  return false;
}

function fieldFaults(field: HTMLInputElement): Fault[] {
  if (!isShown(field) || isClippedAway(field) || field === document.activeElement) return [];
  if (field.scrollWidth <= field.clientWidth + EDGE || styleOf(field).textOverflow === 'ellipsis') return [];
  return [{ kind: 'cut text', what: nameOf(field), by: nameOf(field) }];
}

function markOfIcon(icon: SVGElement): Mark[] {
  if (!isShown(icon)) return [];
  const seen = seenOf(icon, containersOf(icon));
  const [x, y] = [0.15 * widthOf(seen), 0.15 * heightOf(seen)];
  const ink = { left: seen.left + x, top: seen.top + y, right: seen.right - x, bottom: seen.bottom - y };
  return widthOf(ink) > EDGE && heightOf(ink) > EDGE ? [{ element: icon, name: nameOf(icon), ink }] : [];
}

function overlaps(marks: readonly Mark[]): Fault[] {
  const sorted = [...marks].sort((one, other) => one.ink.top - other.ink.top);
  const faults: Fault[] = [];
  for (const [index, one] of sorted.entries()) {
    for (const other of sorted.slice(index + 1)) {
      if (other.ink.top >= one.ink.bottom) break;
      const both = shared(one.ink, other.ink);
      if (widthOf(both) <= EDGE || heightOf(both) <= EDGE || one.element === other.element) continue;
      if (one.element instanceof SVGElement && other.element instanceof SVGElement) continue;
      faults.push({ kind: 'overlapping text', what: one.name, by: other.name });
    }
  }
  return distinct(faults);
}

function distinct(faults: readonly Fault[]): Fault[] {
  return [...new Map(faults.map((fault) => [JSON.stringify(fault), fault])).values()];
}

function nameOf(element: Element): string {
  const kind = [element.tagName.toLowerCase(), ...element.classList].join('.').replace(/\.react-aria-\w+/g, '');
  const said = element.getAttribute('aria-label') ?? (element.matches(FRAMED) ? element.textContent : '');
  return said.trim() === '' ? kind : `${kind} "${shorten(said)}"`;
}

function shorten(text: string): string {
  const plain = text.replace(/\s+/g, ' ').trim();
  return plain.length > 40 ? `${plain.slice(0, 39)}…` : plain;
}
