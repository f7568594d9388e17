import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

// WCAG 2.2, "Contrast (Minimum)" and "Non-text Contrast", computed from the tokens themselves.
const css = readFileSync(new URL('../../../../renderer/styles/tokens.css', import.meta.url), 'utf8');
const THEMES = ['light', 'dark'] as const;

function token(name: string, theme: (typeof THEMES)[number]): string {
  const found = new RegExp(`--${name}:\\s*light-dark\\((#[0-9a-f]{6}),\\s*(#[0-9a-f]{6})\\)`).exec(css);
  const value = found?.[theme === 'light' ? 1 : 2];
  if (value === undefined) throw new Error(`tokens.css has no colour pair --${name}`);
  return value;
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

const SURFACES = ['canvas', 'surface', 'raised', 'hover'];
const TEXT_PAIRS = [
  ...['text', 'text-muted', 'near'].flatMap((text) => SURFACES.map((surface) => [text, surface] as const)),
  ...['warn', 'bad'].flatMap((text) => ['canvas', 'surface', 'raised'].map((surface) => [text, surface] as const)),
  ['on-near', 'near'],
  ['on-near', 'near-hover'],
  ['on-bad', 'bad'],
  ['near', 'near-soft'],
  ['warn', 'warn-soft'],
  ['bad', 'bad-soft'],
  ['text', 'near-soft'],
  ...['text', 'warn', 'bad'].map((text) => [text, 'pressed'] as const),
] as const;
const MARK_PAIRS = [
  ...['focus', 'line-strong'].flatMap((mark) => ['canvas', 'surface', 'raised'].map((on) => [mark, on] as const)),
  ['near', 'pressed'],
  ['text-muted', 'picture'],
] as const;

describe.each(THEMES)('the %s theme', (theme) => {
  it.each(TEXT_PAIRS)('%s on %s is legible: 4.5 or more', (text, surface) =>
    expect(contrast(token(text, theme), token(surface, theme))).toBeGreaterThanOrEqual(4.5),
  );

  it.each(MARK_PAIRS)('%s on %s can be told apart: 3 or more', (mark, surface) =>
    expect(contrast(token(mark, theme), token(surface, theme))).toBeGreaterThanOrEqual(3),
  );
});

it('computes what WCAG says', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
});
