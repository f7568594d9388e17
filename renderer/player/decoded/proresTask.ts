/** Flavours of ProRes by their four-character code in QuickTime: 4444 XQ, 4444, 422 HQ, 422, 422 LT, 422 Proxy. */
export const PRORES_CODES = ['ap4x', 'ap4h', 'apch', 'apcn', 'apcs', 'apco'] as const;
export type ProresCode = (typeof PRORES_CODES)[number];

/** What a worker is asked: one picture of ProRes. */
export interface ProresTask {
  id: number;
  codec: ProresCode;
  /** One frame as the container has it. */
  data: ArrayBuffer;
  /** As the container says it, where the picture does not. */
  colorSpace: VideoColorSpaceInit | undefined;
}

/** The picture, or why there is none. */
export type ProresAnswer = { id: number; image: ImageBitmap; decodeMs: number } | { id: number; problem: string };
