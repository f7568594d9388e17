import { type DecoderRequest, DecoderServer } from './decoderServer.ts';
import { decodeByEngine } from './web/engine.ts';

const server = new DecoderServer((answer, transfer) => self.postMessage(answer, { transfer }), decodeByEngine);

self.onmessage = ({ data }: MessageEvent<DecoderRequest>) => server.receive(data);
