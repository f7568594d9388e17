import { type DecoderRequest, DecoderServer } from './decoderServer.ts';

const server = new DecoderServer((answer, transfer) => self.postMessage(answer, { transfer }));

self.onmessage = ({ data }: MessageEvent<DecoderRequest>) => server.receive(data);
