import { LUMINANCE } from './looking.ts';

// The arithmetic of looking.ts in GLSL ES 3.00; both stand side by side in a test.

export const VERTEX_SHADER = `#version 300 es
void main() {
  // One triangle over everything.
  gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}
`;

/** `planes`: floats in four textures; `integers`: whole numbers in four textures; `bitmap`: what the engine decoded, in one. */
export type ShaderKind = 'planes' | 'integers' | 'bitmap';

const SAMPLERS: Readonly<Record<ShaderKind, string>> = {
  planes: 'sampler2D',
  integers: 'usampler2D',
  bitmap: 'sampler2D',
};

export const CHANNELS = ['colour', 'red', 'green', 'blue', 'alpha', 'luminance'] as const;
export const INTERPRETATIONS = ['linear', 'srgb', 'cineon', 'stored'] as const;
export const DISPLAYS = ['srgb', 'rec709'] as const;
/** Entries of a one-dimensional table in a row of its texture. */
export const LUT_ROW = 1024;

export function fragmentShader(kind: ShaderKind): string {
  return `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
precision highp usampler2D;
precision highp sampler3D;
uniform ${SAMPLERS[kind]} plane0, plane1, plane2, plane3;
/** Of each plane: share of white, and what stands for a missing one. */
uniform vec4 scale, missing;
/** Where the samples are, from the top left of what is shown. */
uniform ivec4 data;
/** Pixels of the picture for one of the canvas, and the canvas's height. */
uniform int factor, canvasHeight;
uniform int channel, interpretation, display;
/** What is behind is seen through it. */
uniform bool isSeeThrough;
uniform float gain, gamma;
/** 0: none. */
uniform int lutDimensions, lutSize;
uniform vec3 lutMin, lutMax;
uniform sampler2D lut1;
uniform sampler3D lut3;
out vec4 shown;

float finite(float value) { return isnan(value) ? 0.0 : clamp(value, -65504.0, 65504.0); }

float fromSrgb(float value) {
  float size = abs(value);
  return sign(value) * (size <= 0.04045 ? size / 12.92 : pow((size + 0.055) / 1.055, 2.4));
}

float cineonLight(float value) { return pow(10.0, (value * 1023.0 - 685.0) * 0.002 / 0.6); }

float fromCineon(float value) {
  float black = cineonLight(95.0 / 1023.0);
  return (cineonLight(value) - black) / (1.0 - black);
}

float decoded(float stored) {
  float value = finite(stored);
  if (interpretation == 1) return fromSrgb(value);
  if (interpretation == 2) return fromCineon(value);
  return value;
}

float encoded(float value) {
  if (display == 0) return value <= 0.0031308 ? value * 12.92 : 1.055 * pow(value, 1.0 / 2.4) - 0.055;
  return value < 0.018 ? value * 4.5 : 1.099 * pow(value, 0.45) - 0.099;
}

vec3 entry(int index) { return texelFetch(lut1, ivec2(index % ${LUT_ROW}, index / ${LUT_ROW}), 0).rgb; }

vec3 lookedUp(vec3 colour) {
  vec3 place = clamp((colour - lutMin) / (lutMax - lutMin), 0.0, 1.0) * float(lutSize - 1);
  ivec3 low = min(ivec3(floor(place)), lutSize - 2);
  vec3 share = place - vec3(low);
  if (lutDimensions == 1) {
    return vec3(
      mix(entry(low.x).r, entry(low.x + 1).r, share.x),
      mix(entry(low.y).g, entry(low.y + 1).g, share.y),
      mix(entry(low.z).b, entry(low.z + 1).b, share.z));
  }
  // The corners on the way from the lowest to the highest, by the axis with the largest share first.
  ivec3 first, last;
  vec3 order;
  if (share.x >= share.y) {
    if (share.y >= share.z) { first = ivec3(1, 0, 0); last = ivec3(1, 1, 0); order = share.xyz; }
    else if (share.x >= share.z) { first = ivec3(1, 0, 0); last = ivec3(1, 0, 1); order = share.xzy; }
    else { first = ivec3(0, 0, 1); last = ivec3(1, 0, 1); order = share.zxy; }
  } else {
    if (share.x >= share.z) { first = ivec3(0, 1, 0); last = ivec3(1, 1, 0); order = share.yxz; }
    else if (share.y >= share.z) { first = ivec3(0, 1, 0); last = ivec3(0, 1, 1); order = share.yzx; }
    else { first = ivec3(0, 0, 1); last = ivec3(0, 1, 1); order = share.zyx; }
  }
  return texelFetch(lut3, low, 0).rgb * (1.0 - order.x)
    + texelFetch(lut3, low + first, 0).rgb * (order.x - order.y)
    + texelFetch(lut3, low + last, 0).rgb * (order.y - order.z)
    + texelFetch(lut3, low + 1, 0).rgb * order.z;
}

void main() {
  ivec2 place = ivec2(int(gl_FragCoord.x), canvasHeight - 1 - int(gl_FragCoord.y)) * factor - data.xy;
  vec4 stored = vec4(0.0);
  if (all(greaterThanEqual(place, ivec2(0))) && all(lessThan(place, data.zw))) {
    ${
      kind === 'bitmap'
        ? 'stored = texelFetch(plane0, place, 0);'
        : `ivec2 texel = place / factor;
    stored = vec4(
      float(texelFetch(plane0, texel, 0).r), float(texelFetch(plane1, texel, 0).r),
      float(texelFetch(plane2, texel, 0).r), float(texelFetch(plane3, texel, 0).r)) * scale + missing;`
    }
  }
  if (channel == 4) {
    shown = vec4(vec3(clamp(isnan(stored.a) ? 0.0 : stored.a, 0.0, 1.0)), 1.0);
    return;
  }
  vec3 colour = vec3(decoded(stored.r), decoded(stored.g), decoded(stored.b)) * gain;
  if (channel == 5) colour = vec3(dot(colour, vec3(${LUMINANCE.join(', ')})));
  if (lutDimensions != 0) colour = lookedUp(colour);
  else if (interpretation != 3) colour = vec3(encoded(colour.r), encoded(colour.g), encoded(colour.b));
  if (gamma != 1.0) colour = pow(max(colour, 0.0), vec3(1.0 / gamma));
  if (channel == 1) colour = colour.rrr;
  if (channel == 2) colour = colour.ggg;
  if (channel == 3) colour = colour.bbb;
  float alpha = isSeeThrough ? clamp(stored.a, 0.0, 1.0) : 1.0;
  shown = vec4(clamp(colour, 0.0, 1.0) * alpha, alpha);
}
`;
}
