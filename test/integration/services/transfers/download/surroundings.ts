import { PutObjectCommand, type PutObjectCommandInput } from '@aws-sdk/client-s3';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Application } from '../../../../../electron/services/application.ts';
import type { ServicesOptions } from '../../../../../electron/services/application.ts';
import {
  type Download,
  download,
  type DownloadOptions,
} from '../../../../../electron/services/transfers/download/download.ts';
import type { Sandbox } from '../../../../sandbox/sandbox.ts';
import { startTestStudio, type TestStudio, type TestStudioOptions } from '../../studio.ts';

export const MIB = 1024 ** 2;
export const KEY = 'sq010/plate.mov';
const MAIN_REGION = 'us-east-1';
export const SYDNEY_REGION = 'ap-southeast-2';

/** A sample storage with one object in it, and a folder to save to. */
export class DownloadDesk {
  readonly studio: TestStudio;
  /** Where copies are saved. */
  readonly folder: string;
  content: Buffer;

  private constructor(studio: TestStudio, folder: string, content: Buffer) {
    this.studio = studio;
    this.folder = folder;
    this.content = content;
  }

  /** @param size bytes of the object. */
  static async open(size: number, options: TestStudioOptions = {}): Promise<DownloadDesk> {
    const studio = await startTestStudio(options);
    const folder = await mkdtemp(join(tmpdir(), 'nearplay-downloads-'));
    const desk = new DownloadDesk(studio, folder, randomBytes(size));
    await desk.put(desk.content, { ChecksumAlgorithm: 'CRC32' });
    return desk;
  }

  get sandbox(): Sandbox {
    return this.studio.sandbox;
  }

  get services(): Application {
    return this.studio.services;
  }

  /** Replaces the object, straight in the main storage. */
  async put(content: Buffer, more: Partial<PutObjectCommandInput> = {}, key = KEY): Promise<void> {
    this.content = content;
    const { clients } = this.services.studio();
    const { bucket } = clients.configurationOf('main-us');
    await clients
      .clientOf('main-us')
      .send(new PutObjectCommand({ Bucket: bucket, Key: `media/${key}`, Body: content, ...more }));
  }

  /** With waits that take no time. */
  get(name = 'plate.mov', options: DownloadOptions = {}, key = KEY): Promise<Download> {
    return download(() => this.services.studio(), key, join(this.folder, name), {
      ...{ random: () => 0, idleMs: 2000 },
      ...options,
    });
  }

  /** All names in the folder, hidden ones too. */
  async names(): Promise<string[]> {
    return (await readdir(this.folder)).sort();
  }

  async holds(name = 'plate.mov', content = this.content): Promise<boolean> {
    return (await readFile(join(this.folder, name))).equals(content);
  }

  /** What GetObject asked for and got, in the main storage by default. */
  reads(region = MAIN_REGION) {
    return this.sandbox.requests.filter((one) => one.operation === 'GetObject' && one.region === region);
  }

  restart(options: Partial<ServicesOptions>): Promise<Application> {
    return this.studio.join(options);
  }

  async close(): Promise<void> {
    await this.studio.stop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Resolves once so many bytes have arrived. */
export function whenReceived(bytes: number): { progress: (received: number) => void; reached: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  return { progress: (received) => received >= bytes && resolve(undefined), reached: promise };
}
