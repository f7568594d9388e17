import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, link, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MIB } from '../../shared/units.ts';
import { Journal, type JournalEntry } from './journal.ts';
import { compareKeys } from './keyOrder.ts';
import type { MultipartUpload, Part, Piece, Version } from './records.ts';
import { noSuchUpload, notFound, S3Error } from './s3Error.ts';

const READ_CHUNK_BYTES = MIB;

/** A version as it is handed in: the bucket gives it its place among the versions of its key. */
export type NewVersion = Omit<Version, 'order'> & { order?: number };

/** One bucket: an index in memory, the bytes on disk. Versioning is on, as replication requires. */
export class Bucket {
  readonly name: string;
  readonly #folder: string;
  readonly #journal: Journal | undefined;
  readonly #versions = new Map<string, Version[]>();
  readonly #uploads = new Map<string, MultipartUpload>();
  #sortedKeys: string[] | undefined;
  #lastOrder = 0;

  /** With `isKept` the index is on disk too, and `prepare` finds what an earlier process left in the folder. */
  constructor(name: string, folder: string, isKept = false) {
    this.name = name;
    this.#folder = folder;
    this.#journal = isKept ? new Journal(join(folder, 'index.jsonl')) : undefined;
  }

  /** Reads the index, if there is one, and removes files that no entry names: bodies that never arrived whole. */
  async prepare(): Promise<void> {
    await mkdir(this.#bytes, { recursive: true });
    if (!this.#journal) return;
    for (const entry of await this.#journal.read()) this.#apply(entry);
    await this.#journal.rewrite(this.#snapshot());
    const named = new Set(this.#pieces().map(({ file }) => file));
    const orphans = (await readdir(this.#bytes)).filter((file) => !named.has(file));
    for (const file of orphans) await rm(join(this.#bytes, file), { force: true });
  }

  close(): void {
    this.#journal?.close();
  }

  get #bytes(): string {
    return join(this.#folder, 'bytes');
  }

  /** A name for a new file, to be filled at `pathOf` of it. */
  newFile(): string {
    return randomUUID();
  }

  pathOf(file: string): string {
    return join(this.#bytes, file);
  }

  /** Bytes `start` to `end` of a version, both included, read as they are asked for. */
  read(version: Version, start = 0, end = version.size - 1): AsyncGenerator<Buffer> {
    return this.readPieces(version.pieces, start, end);
  }

  /** Bytes `start` to `end` of these files one after the other, both included. */
  async *readPieces(pieces: readonly Piece[], start = 0, end = Infinity): AsyncGenerator<Buffer> {
    let offset = 0;
    for (const { file, size } of pieces) {
      const [from, to] = [Math.max(start - offset, 0), Math.min(end - offset, size - 1)];
      offset += size;
      if (from > to) continue;
      const stream = createReadStream(this.pathOf(file), { start: from, end: to, highWaterMark: READ_CHUNK_BYTES });
      for await (const chunk of stream) yield chunk as Buffer;
    }
  }

  /** Gives the pieces of another bucket's version to this one, without copying bytes where the disk can share them. */
  async adopt(source: Bucket, pieces: readonly Piece[]): Promise<Piece[]> {
    const adopted: Piece[] = [];
    for (const piece of pieces) {
      const file = this.newFile();
      const [from, to] = [source.pathOf(piece.file), this.pathOf(file)];
      await link(from, to).catch(() => copyFile(from, to));
      adopted.push({ ...piece, file });
    }
    return adopted;
  }

  async discard(pieces: Iterable<Piece>): Promise<void> {
    for (const { file } of pieces) await rm(this.pathOf(file), { force: true });
  }

  nextOrder(): number {
    return ++this.#lastOrder;
  }

  /** Puts a version in its place: the current one, unless a newer one is there already. */
  add(version: NewVersion): Version {
    const placed: Version = { ...version, order: version.order ?? this.nextOrder() };
    this.#apply({ what: 'version', version: placed });
    this.#journal?.append({ what: 'version', version: placed });
    return placed;
  }

  /** To be called after a version's replication status has changed. */
  changed(version: Version): void {
    this.#journal?.append({ what: 'version', version });
  }

  /** Newest first. */
  versionsOf(key: string): readonly Version[] {
    return this.#versions.get(key) ?? [];
  }

  /** The current version, if it is no delete marker. */
  current(key: string): Version | undefined {
    const [newest] = this.versionsOf(key);
    return newest?.isDeleteMarker ? undefined : newest;
  }

  /** @throws S3Error NoSuchKey, NoSuchVersion or, for a delete marker, MethodNotAllowed. */
  find(key: string, versionId: string | null): Version {
    const versions = this.versionsOf(key);
    const version = versionId === null ? versions[0] : versions.find((candidate) => candidate.versionId === versionId);
    if (!version && versionId === null) throw notFound(key);
    if (!version) throw new S3Error('NoSuchVersion', 404, 'The specified version does not exist.');
    if (!version.isDeleteMarker) return version;
    const marked = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': version.versionId };
    if (versionId === null) throw notFound(key, marked);
    throw new S3Error('MethodNotAllowed', 405, 'The specified method is not allowed against this resource.', {
      ...marked,
      allow: 'DELETE',
      'last-modified': new Date(version.lastModified).toUTCString(),
    });
  }

  /** Removes a version and its bytes; a removed delete marker brings back what it hid. */
  async removeVersion(key: string, versionId: string): Promise<Version | undefined> {
    const removed = this.versionsOf(key).find((version) => version.versionId === versionId);
    if (!removed) return undefined;
    const entry: JournalEntry = { what: 'version-gone', key, versionId };
    this.#apply(entry);
    this.#journal?.append(entry);
    await this.discard(removed.pieces);
    return removed;
  }

  /** Every key that has any version, in the order of UTF-8 bytes, as S3 lists them. */
  keys(): readonly string[] {
    this.#sortedKeys ??= [...this.#versions.keys()].sort(compareKeys);
    return this.#sortedKeys;
  }

  /** The multipart uploads in progress, by upload id. */
  get uploads(): ReadonlyMap<string, MultipartUpload> {
    return this.#uploads;
  }

  /** @throws S3Error NoSuchUpload. */
  upload(uploadId: string, key: string): MultipartUpload {
    const upload = this.#uploads.get(uploadId);
    if (upload?.key !== key) throw noSuchUpload();
    return upload;
  }

  addUpload(upload: MultipartUpload): void {
    const { parts: _none, ...record } = upload;
    this.#uploads.set(upload.uploadId, upload);
    this.#journal?.append({ what: 'upload', upload: record });
  }

  /** Sending a part again replaces it. @throws S3Error NoSuchUpload when the upload ended in the meantime. */
  async addPart(uploadId: string, part: Part): Promise<void> {
    const replaced = this.#uploads.get(uploadId)?.parts.get(part.number);
    if (!this.#uploads.has(uploadId)) {
      await this.discard([part]);
      throw noSuchUpload();
    }
    const entry: JournalEntry = { what: 'part', uploadId, part };
    this.#apply(entry);
    this.#journal?.append(entry);
    if (replaced) await this.discard([replaced]);
  }

  /** Ends an upload and removes the parts that are not in `kept`. Whether it was there. */
  async closeUpload(uploadId: string, kept: readonly Piece[]): Promise<boolean> {
    const upload = this.#uploads.get(uploadId);
    if (!upload) return false;
    const entry: JournalEntry = { what: 'upload-gone', uploadId };
    this.#apply(entry);
    this.#journal?.append(entry);
    const files = new Set(kept.map(({ file }) => file));
    await this.discard([...upload.parts.values()].filter(({ file }) => !files.has(file)));
    return true;
  }

  #apply(entry: JournalEntry): void {
    if (entry.what === 'version') this.#place(entry.version);
    else if (entry.what === 'version-gone') this.#takeOut(entry.key, entry.versionId);
    else if (entry.what === 'upload') this.#begin({ ...entry.upload, parts: new Map() });
    else if (entry.what === 'part') this.#uploads.get(entry.uploadId)?.parts.set(entry.part.number, entry.part);
    else this.#uploads.delete(entry.uploadId);
  }

  #begin(upload: MultipartUpload): void {
    this.#lastOrder = Math.max(this.#lastOrder, upload.order);
    this.#uploads.set(upload.uploadId, upload);
  }

  #place(version: Version): void {
    this.#lastOrder = Math.max(this.#lastOrder, version.order);
    const known = this.#versions.get(version.key);
    if (!known) this.#sortedKeys = undefined;
    const others = (known ?? []).filter(({ versionId }) => versionId !== version.versionId);
    this.#versions.set(
      version.key,
      [version, ...others].sort((a, b) => b.order - a.order),
    );
  }

  #takeOut(key: string, versionId: string): void {
    const left = this.versionsOf(key).filter((version) => version.versionId !== versionId);
    if (left.length > 0) this.#versions.set(key, left);
    else if (this.#versions.delete(key)) this.#sortedKeys = undefined;
  }

  #snapshot(): JournalEntry[] {
    const versions = [...this.#versions.values()].flat();
    return [
      ...versions.map((version): JournalEntry => ({ what: 'version', version })),
      ...[...this.#uploads.values()].flatMap(({ parts, ...upload }): JournalEntry[] => [
        { what: 'upload', upload },
        ...[...parts.values()].map((part): JournalEntry => ({ what: 'part', uploadId: upload.uploadId, part })),
      ]),
    ];
  }

  #pieces(): Piece[] {
    const parts = [...this.#uploads.values()].flatMap((upload) => [...upload.parts.values()]);
    return [...[...this.#versions.values()].flat().flatMap(({ pieces }) => pieces), ...parts];
  }
}
