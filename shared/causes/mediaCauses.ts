import { type MediaHead, type MediaTrack, trackText } from '../mediaHead.ts';
import type { Cause } from './cause.ts';

/** A file whose bytes were read and that could not be shown. */
export interface AskedOfMedia {
  head: MediaHead;
  /** Bytes. */
  size: number;
  /** `decode`: it played up to a place; `unsupported`: not at all. */
  fault: 'decode' | 'unsupported';
}

type MediaCause = Cause<AskedOfMedia>;

/** Formats that are played on every computer, by the browser or by decoders of our own, apart from some profiles. */
const PLAYED = /^(?:H\.264|AV1|VP8|VP9|ProRes (?:422|4444)|AAC|Opus|Vorbis|FLAC|MP3|PCM)\b/;
const SHOWN = /\b(?:PNG|JPEG|GIF|WebP|AVIF) image|\b(?:WAV|FLAC|MP3|Ogg) file/;
const AGAIN = () => 'Upload it again from where it came.';
const REVIEW_COPY = 'Upload an H.264 review copy beside it.';

function tracksOf({ head }: AskedOfMedia): readonly MediaTrack[] {
  return head.is === 'iso' || head.is === 'matroska' ? head.tracks : [];
}

/** Content of the file by its head: its picture, else its sound. */
function contentOf(asked: AskedOfMedia): string {
  const tracks = tracksOf(asked);
  return trackText(tracks, 'video') || trackText(tracks, 'audio');
}

const ISO: MediaHead = { is: 'iso', tracks: [], hasIndex: true };
const DNXHR: MediaTrack = { kind: 'video', codec: 'AVdh', name: 'Avid DNxHR (DNxHR HQX)', width: 3840, height: 2160 };
const H264: MediaTrack = { kind: 'video', codec: 'avc1', name: 'H.264 High', width: 1920, height: 1080 };
const ANY_CODEC =
  'This codec cannot be played here. Nearplay plays H.264, VP9, AV1 and AAC. ProRes and DNxHR never play …';

/** Causes for a file that cannot be shown, from its bytes. The first line that fits counts. */
export const MEDIA_CAUSES: readonly MediaCause[] = [
  {
    id: 'media-empty',
    code: 'empty-file',
    fits: (_facts, { head }) => head.is === 'empty',
    sentence: () => 'The file is empty (0 bytes).',
    remedy: AGAIN,
    example: { facts: {}, asked: { head: { is: 'empty' }, size: 0 } },
    before: 'Playback stopped. The storage stopped answering properly.',
  },
  {
    id: 'media-page',
    code: 'damaged-file',
    fits: (_facts, { head }) => head.is === 'page',
    sentence: () => 'The file holds a web page and no media.',
    remedy: AGAIN,
    example: { facts: {}, asked: { head: { is: 'page' } } },
    before: ANY_CODEC,
  },
  {
    id: 'media-text',
    code: 'damaged-file',
    fits: (_facts, { head }) => head.is === 'text',
    sentence: () => 'The file holds text and no media.',
    remedy: AGAIN,
    example: { facts: {}, asked: { head: { is: 'text' } } },
    before: ANY_CODEC,
  },
  {
    id: 'media-cut',
    code: 'damaged-file',
    fits: (_facts, { head, size }) => head.is === 'iso' && head.endsAt !== undefined && head.endsAt > size,
    sentence: (_facts, { head, size }) =>
      `The file is cut: it says that it goes on to byte ${head.is === 'iso' ? String(head.endsAt) : ''}, and has ${size}.`,
    remedy: AGAIN,
    example: { facts: {}, asked: { head: { ...ISO, tracks: [H264], endsAt: 20_000_000 }, size: 12_582_912 } },
    before: ANY_CODEC,
  },
  {
    id: 'media-without-index',
    code: 'damaged-file',
    fits: (_facts, { head }) => head.is === 'iso' && !head.hasIndex,
    sentence: () => 'The file has no index (moov), as a recording or an export that was not finished.',
    remedy: AGAIN,
    example: { facts: {}, asked: { head: { ...ISO, hasIndex: false } } },
    before: ANY_CODEC,
  },
  {
    id: 'media-without-tracks',
    code: 'damaged-file',
    fits: (_facts, asked) => (asked.head.is === 'iso' || asked.head.is === 'matroska') && contentOf(asked) === '',
    sentence: () => 'No picture and no sound was found in the file.',
    remedy: () => 'It may be damaged or incomplete.',
    example: { facts: {}, asked: { head: ISO } },
    before: ANY_CODEC,
  },
  {
    id: 'media-hevc',
    code: 'codec-unsupported',
    fits: (_facts, asked) => contentOf(asked).startsWith('HEVC'),
    sentence: (_facts, asked) => `The picture is ${contentOf(asked)}, which is not decoded here.`,
    remedy: () => `HEVC plays only where the hardware and the system decode it. ${REVIEW_COPY}`,
    example: {
      facts: {},
      asked: {
        head: { ...ISO, tracks: [{ kind: 'video', codec: 'hvc1', name: 'HEVC Main 10', width: 3840, height: 2160 }] },
      },
    },
    before: ANY_CODEC,
  },
  {
    id: 'media-codec',
    code: 'codec-unsupported',
    fits: (_facts, asked) => contentOf(asked) !== '' && !PLAYED.test(contentOf(asked)),
    sentence: (_facts, asked) => `The file holds ${contentOf(asked)}, which is not played here.`,
    remedy: () => REVIEW_COPY,
    example: { facts: {}, asked: { head: { ...ISO, tracks: [DNXHR] } } },
    before: ANY_CODEC,
  },
  {
    id: 'media-broken-off',
    code: 'damaged-file',
    fits: (_facts, asked) => asked.fault === 'decode' && contentOf(asked) !== '',
    sentence: (_facts, asked) => `${contentOf(asked)} could not be decoded any further.`,
    remedy: () => `Either the file is damaged there, or this form of it is not decoded here. ${REVIEW_COPY}`,
    example: { facts: {}, asked: { head: { ...ISO, tracks: [H264] }, fault: 'decode' } },
    before: ANY_CODEC,
  },
  {
    id: 'media-not-opened',
    code: 'codec-unsupported',
    fits: (_facts, asked) => contentOf(asked) !== '',
    sentence: (_facts, asked) => `The file says that it holds ${contentOf(asked)}, and could not be opened.`,
    remedy: () => `Either it is damaged, or this form of it is not decoded here. ${REVIEW_COPY}`,
    example: { facts: {}, asked: { head: { ...ISO, tracks: [H264] } } },
    before: ANY_CODEC,
  },
  {
    id: 'media-format-broken',
    code: 'damaged-file',
    fits: (_facts, { head }) => head.is === 'named' && SHOWN.test(head.name),
    sentence: (_facts, { head }) =>
      `The file begins as ${head.is === 'named' ? head.name : ''}, and could not be decoded.`,
    remedy: () => 'It is damaged or incomplete, or in a form that is not decoded here.',
    example: { facts: {}, asked: { head: { is: 'named', name: 'a JPEG image' } } },
    before: 'This image cannot be shown. It may be damaged, or in a form that the window cannot draw.',
  },
  {
    id: 'media-format',
    code: 'codec-unsupported',
    fits: (_facts, { head }) => head.is === 'named',
    sentence: (_facts, { head }) => `The file is ${head.is === 'named' ? head.name : ''}, which is not shown here.`,
    remedy: () => 'Save a copy, or upload a review copy beside it.',
    example: { facts: {}, asked: { head: { is: 'named', name: 'an OpenEXR image' } } },
    before: ANY_CODEC,
  },
  {
    id: 'media-unknown',
    code: 'codec-unsupported',
    fits: () => true,
    sentence: () => 'What this file is cannot be told from its bytes.',
    remedy: () => 'It is damaged, or of a kind that is not known here. Save a copy to try another program.',
    example: { facts: {}, asked: { head: { is: 'unknown' } } },
    before: ANY_CODEC,
  },
];
