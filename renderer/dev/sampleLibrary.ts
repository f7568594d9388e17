import { nameOfKey } from '../../shared/keys.ts';
import { mediaKind } from '../../shared/media.ts';

/** A file of the sample library, and the file of test/fixtures/media that stands behind it. */
export interface SampleFile {
  key: string;
  size: number;
  /** Seconds before now. */
  age: number;
  source: string;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const COMP = 'shots/sq010/sh010/sq010_sh010_comp_v002.mp4';
const ANIM = 'shots/sq010/sh020/sq010_sh020_anim_v003.mp4';
const FX = 'shots/sq020/sh010/sq020_sh010_fx_v001.mp4';
const LIGHT = 'shots/sq020/sh020/sq020_sh020_light_v005.mov';
const DAILIES = 'reviews/2026-03-18_dailies.webm';
const AURORA = 'stills/sq010_mood_aurora.jpg';
const LAGOON = 'stills/sq020_mood_lagoon.jpg';
const SCRIPT = 'stills/sq010_colour_script.png';
const SCORE = 'audio/sq010_temp_score.wav';
const AMBIENCE = 'audio/sq020_ambience.m4a';

const plate = (frame: number): string =>
  `shots/sq010/sh020/plates/sq010_sh020_plate.${String(frame).padStart(4, '0')}.png`;

export const SAMPLE: readonly SampleFile[] = [
  { key: nameOfKey(ANIM), size: 184_535_002, age: 46, source: ANIM },
  { key: 'sq010_sh010_comp_v002.mp4', size: 96_445_070, age: 12 * MINUTE, source: COMP },
  { key: 'sq020_sh010_fx_v001.mp4', size: 41_381_358, age: 3 * HOUR, source: FX },
  { key: 'sq020_sh020_light_v005.mov', size: 1_210_510_051, age: 5 * HOUR, source: LIGHT },
  { key: '2026-03-18_dailies.webm', size: 619_693_300, age: DAY, source: DAILIES },
  { key: 'sq010_mood_aurora.jpg', size: 2_797_500, age: 2 * DAY, source: AURORA },
  { key: 'sq020_mood_lagoon.jpg', size: 5_910_200, age: 2 * DAY, source: LAGOON },
  { key: 'sq010_colour_script.png', size: 8_346_000, age: 9 * DAY, source: SCRIPT },
  { key: 'sq010_temp_score.wav', size: 52_924_400, age: 11 * DAY, source: SCORE },
  { key: 'sq020_ambience.m4a', size: 17_927_600, age: 40 * DAY, source: AMBIENCE },
  { key: 'sq010_sh010_comp_camera_export_v014.abc', size: 3_455_000_000, age: 70 * DAY, source: SCRIPT },
  {
    key: 'sq020_sh020_previs_with_a_rather_long_name_for_client_review_v012.mp4',
    size: 77_000_000,
    age: 90 * DAY,
    source: FX,
  },
  ...frames('shots/sq010/sh020/plates/sq010_sh020_plate', 'png', 1, 12),
  ...frames('sq010_sh020_plate', 'png', 1001, 1048),
  ...frames('sq010_sh020_matte', 'png', 1001, 1096, (frame) => frame % 31 !== 0),
  ...frames('sq010_sh020_beauty', 'exr', 1001, 1240),
  { key: `shots/${COMP.slice(6)}`, size: 96_445_070, age: HOUR, source: COMP },
  { key: `shots/${FX.slice(6)}`, size: 41_381_358, age: HOUR, source: FX },
  { key: `reviews/2026-03-18_dailies.webm`, size: 619_693_300, age: DAY, source: DAILIES },
  { key: `stills/sq010_mood_aurora.jpg`, size: 2_797_500, age: DAY, source: AURORA },
  { key: `audio/sq010_temp_score.wav`, size: 2_797_500, age: DAY, source: SCORE },
];

function frames(
  head: string,
  extension: string,
  first: number,
  last: number,
  isThere: (frame: number) => boolean = () => true,
): SampleFile[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    .filter(isThere)
    .map((frame) => ({
      key: `${head}.${String(frame).padStart(4, '0')}.${extension}`,
      size: 4_315_600,
      age: 3 * DAY,
      source: plate(((frame - first) % 12) + 1),
    }));
}

const SOURCES = [COMP, AURORA, ANIM, LAGOON, FX, SCRIPT, LIGHT, SCORE];

/** 100,000 files in one folder, in key order. */
export function manyFiles(): SampleFile[] {
  return Array.from({ length: 100_000 }, (_, index) => {
    const source = SOURCES[index % SOURCES.length] ?? COMP;
    const extension = source.slice(source.lastIndexOf('.'));
    const number = String(index).padStart(6, '0');
    const size = 1_000_000 + ((index * 7_919) % 900_000_000);
    return { key: `shot_${number}_${mediaKind(source)}_v001${extension}`, size, age: index * 61, source };
  });
}
