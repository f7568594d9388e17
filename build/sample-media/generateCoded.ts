// Makes the clips in test/fixtures/media-coded: small films whose frame number is coded in the picture, so that a test knows which
// frame it looks at. The results are committed; run this only to change them.
// Needs ffmpeg with libx264, libvpx-vp9, prores_ks and aac; PREFIX makes only those whose name begins so:
//
//   node build/sample-media/generateCoded.ts [FFMPEG [PREFIX]]
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [ffmpeg = 'ffmpeg', prefix = ''] = process.argv.slice(2);
const folder = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'test', 'fixtures', 'media-coded');

/** Ten columns of 16 pixels: the bits of the number from the lowest on, white for 1; below them the same inverted. */
const CODE = "geq=lum='16+219*abs(bitand(floor(N/pow(2,floor(X/16))),1)-gt(Y,H/2-1))':cb=128:cr=128";
const SIZE = '160x96';

interface Clip {
  file: string;
  rate: string;
  frames: number;
  /** Key frames at this distance. */
  gop?: number;
  codec?: keyof typeof ENCODERS;
  /** Between the drawing and the encoder. */
  filter?: string;
  input?: readonly string[];
  output?: readonly string[];
}

const CLIPS: readonly Clip[] = [
  { file: 'h264_4.mp4', rate: '4', frames: 60 },
  { file: 'h264_23976.mp4', rate: '24000/1001', frames: 240 },
  { file: 'h264_24.mp4', rate: '24', frames: 240 },
  {
    file: 'h264_24_aac.mp4',
    rate: '24',
    frames: 240,
    input: ['-f', 'lavfi', '-i', 'sine=frequency=330:duration=10'],
    output: ['-c:a', 'aac', '-b:a', '48k', '-shortest'],
  },
  { file: 'h264_25.mp4', rate: '25', frames: 250 },
  { file: 'h264_25_gop250.mp4', rate: '25', frames: 250, gop: 250 },
  { file: 'h264_2997.mp4', rate: '30000/1001', frames: 300 },
  { file: 'h264_30.mp4', rate: '30', frames: 300 },
  { file: 'h264_50.mp4', rate: '50', frames: 400 },
  { file: 'h264_5994.mp4', rate: '60000/1001', frames: 400 },
  {
    file: 'h264_variable.mp4',
    rate: '24',
    frames: 200,
    // Distances of 20, 40, 60, 80 and 100 ms.
    filter: "settb=1/1000,setpts='300*floor(N/5)+10*mod(N,5)*(mod(N,5)+1)'",
    output: ['-fps_mode', 'passthrough', '-enc_time_base', '1/1000', '-video_track_timescale', '1000'],
  },
  {
    file: 'h264_2997_drop.mov',
    rate: '30000/1001',
    frames: 300,
    // The next minute begins with frame 02.
    output: ['-timecode', '10:00:55;00', '-write_tmcd', '1'],
  },
  { file: 'h264_24_timecode.mov', rate: '24', frames: 240, output: ['-timecode', '01:00:00:00', '-write_tmcd', '1'] },
  // Composition offsets below 0 (ISO/IEC 14496-12, ctts of version 1) and no edit list; offsets above it and no edit list.
  { file: 'h264_24_negative.mp4', rate: '24', frames: 240, output: ['-movflags', '+negative_cts_offsets'] },
  { file: 'h264_24_no_edit.mp4', rate: '24', frames: 240, output: ['-use_editlist', '0'] },
  {
    file: 'h264_24_fragments.mp4',
    rate: '24',
    frames: 240,
    output: ['-movflags', '+frag_keyframe+empty_moov+default_base_moof'],
  },
  {
    file: 'prores_422hq_24.mov',
    rate: '24',
    frames: 240,
    codec: 'prores422hq',
    input: ['-f', 'lavfi', '-i', 'sine=frequency=330:duration=10:sample_rate=8000'],
    output: ['-c:a', 'pcm_s16le', '-shortest', '-timecode', '01:00:00:00', '-write_tmcd', '1'],
  },
  { file: 'prores_4444_2997.mov', rate: '30000/1001', frames: 300, codec: 'prores4444' },
  { file: 'vp9_24.webm', rate: '24', frames: 240, codec: 'vp9' },
  { file: 'vp9_2997.webm', rate: '30000/1001', frames: 240, codec: 'vp9' },
];

const ENCODERS = {
  h264: ['-c:v', 'libx264', '-preset', 'medium', '-crf', '26', '-bf', '3', '-pix_fmt', 'yuv420p'],
  prores422hq: ['-c:v', 'prores_ks', '-profile:v', 'hq', '-vendor', 'apl0', '-pix_fmt', 'yuv422p10le', '-q:v', '60'],
  prores4444: ['-c:v', 'prores_ks', '-profile:v', '4444', '-vendor', 'apl0', '-pix_fmt', 'yuva444p10le', '-q:v', '60'],
  vp9: ['-c:v', 'libvpx-vp9', '-crf', '40', '-b:v', '0', '-row-mt', '0', '-pix_fmt', 'yuv420p'],
};

function run(...options: string[]): void {
  const { status, stderr } = spawnSync(ffmpeg, ['-hide_banner', '-loglevel', 'error', '-y', ...options], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`ffmpeg failed: ${stderr}`);
}

function encode({ file, rate, frames, gop = 24, codec = 'h264', filter, input = [], output = [] }: Clip): void {
  const source = `color=c=black:s=${SIZE}:r=${rate}`;
  const filters = [CODE, ...(filter === undefined ? [] : [filter])].join(',');
  run(
    ...['-f', 'lavfi', '-i', source, ...input, '-vf', filters, '-frames:v', String(frames)],
    ...[...ENCODERS[codec], '-g', String(gop), '-map_metadata', '-1', '-fflags', '+bitexact'],
    ...['-flags:v', '+bitexact', ...output, join(folder, file)],
  );
}

mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) if (name.startsWith(prefix)) rmSync(join(folder, name));
for (const clip of CLIPS) if (clip.file.startsWith(prefix)) encode(clip);
if ('h264_25'.startsWith(prefix)) {
  // An edit list that begins within a group of pictures: the cut of an editing program that copies.
  run('-ss', '0.79', '-i', join(folder, 'h264_25.mp4'), '-c', 'copy', join(folder, 'h264_25_edit.mp4'));
  // An edit list that begins with nothing: the picture starts half a second late.
  run('-itsoffset', '0.5', '-i', join(folder, 'h264_25.mp4'), '-c', 'copy', join(folder, 'h264_25_late.mp4'));
}
