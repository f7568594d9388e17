import type { Layer } from '../picture.ts';
import type { ExrPart } from './exrHeader.ts';

/** A layer, and where its channels are: by the index of a part, and of channels within it. */
export interface ExrLayer extends Layer {
  part: number;
  indices: number[];
}

/**
 * The layers of a file: channels of one part that share what stands before the last dot. Views are those of the part, or, in a part that
 * holds several, the last word before the channel's own name ("Storing Multi-View Images in OpenEXR"). Deep parts are left out.
 */
export function layersOf(parts: readonly ExrPart[]): ExrLayer[] {
  const layers: ExrLayer[] = [];
  for (const [part, { name: partName, view: partView, views, channels, isDeep }] of parts.entries()) {
    if (isDeep) continue;
    const found = new Map<string, ExrLayer>();
    for (const [index, { name }] of channels.entries()) {
      const dot = name.lastIndexOf('.');
      const words = dot === -1 ? [] : name.slice(0, dot).split('.');
      const word = words.at(-1);
      const isView = word !== undefined && views.includes(word);
      if (isView) words.pop();
      const ownView = isView ? word : words.length === 0 ? views[0] : undefined;
      const view = partView ?? ownView;
      const prefix = dot === -1 ? '' : name.slice(0, dot);
      const layer = found.get(prefix) ?? {
        id: `${part}/${prefix}`,
        name: [shownPart(partName, partView, parts.length), ...words].filter((text) => text !== '').join('.'),
        ...(view !== undefined && { view }),
        channels: [],
        part,
        indices: [],
      };
      layer.channels.push(name.slice(dot + 1));
      layer.indices.push(index);
      found.set(prefix, layer);
    }
    layers.push(...found.values());
  }
  return layers;
}

/** The name of a part among several; that of a part which is named as its view says nothing more. */
function shownPart(name: string, view: string | undefined, count: number): string {
  return count === 1 || name === view ? '' : name;
}

/** The one to show at first: colour that has no further name, else any colour, else the first. */
export function mainLayer(layers: readonly ExrLayer[]): ExrLayer | undefined {
  const isColour = ({ channels }: ExrLayer): boolean => channels.includes('R') || channels.includes('Y');
  const plain = layers.filter(({ id }) => id.endsWith('/'));
  return plain.find(isColour) ?? layers.find(isColour) ?? layers[0];
}
