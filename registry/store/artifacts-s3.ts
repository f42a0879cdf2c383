import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { AssayError } from '@assay/domain/errors';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { type BlobStore, type ByteRange, blobPathOf, type StoredBlob } from './artifacts-blobs.ts';

export interface S3Location {
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
  /** Absent: AWS itself. Set: path-style requests to that server. */
  readonly endpoint: string | undefined;
  readonly region: string;
}

const PART_BYTES = 8 * 1024 * 1024;
/** S3 allows 10,000 parts; 9,000 leaves room for rounding. */
const MOST_PARTS = 9_000;

const unlessAbsent = (error: unknown): undefined => {
  if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return undefined;
  throw error;
};

/** Blobs as objects of any S3-compatible store. Credentials come by the SDK's own chain and are never read or shown here. */
export class S3Blobs implements BlobStore {
  readonly location: string;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #client: S3Client;

  constructor({ bucket, prefix, endpoint, region }: S3Location) {
    this.location = `s3://${bucket}/${prefix}`;
    this.#bucket = bucket;
    this.#prefix = prefix === '' ? '' : `${prefix}/`;
    this.#client = new S3Client({
      region,
      ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    });
  }

  /** Throws CONFIG_INVALID when the bucket cannot be reached with the credentials there are. */
  async check(): Promise<void> {
    try {
      await this.#client.send(new HeadBucketCommand({ Bucket: this.#bucket }));
    } catch (cause) {
      const why =
        cause instanceof S3ServiceException ? `HTTP ${cause.$metadata.httpStatusCode}` : 'no answer';
      throw new AssayError(
        'CONFIG_INVALID',
        `Cannot start the registry: bucket "${this.#bucket}" of ASSAY_ARTIFACTS answers ${why}; check its name, ASSAY_S3_ENDPOINT and the AWS credentials`,
        { cause },
      );
    }
  }

  #object(digest: string) {
    return { Bucket: this.#bucket, Key: `${this.#prefix}${blobPathOf(digest)}` };
  }

  async put(file: string, { digest, size }: { readonly digest: string; readonly size: number }) {
    const object = this.#object(digest);
    // Small bodies and parts are buffers: only those can be sent again when the store asks to slow down
    if (size <= PART_BYTES) {
      const checksum = Buffer.from(digest, 'hex').toString('base64');
      const body = await readFile(file);
      await this.#client.send(new PutObjectCommand({ ...object, Body: body, ChecksumSHA256: checksum }));
      return;
    }
    const upload = new Upload({
      client: this.#client,
      params: { ...object, Body: createReadStream(file, { highWaterMark: 1024 * 1024 }) },
      partSize: Math.max(PART_BYTES, Math.ceil(size / MOST_PARTS)),
      queueSize: 2,
      leavePartsOnError: false,
    });
    await upload.done();
  }

  async open(digest: string, range?: ByteRange): Promise<Readable | undefined> {
    const Range = range && `bytes=${range.start}-${range.end}`;
    const found = await this.#client
      .send(new GetObjectCommand({ ...this.#object(digest), Range }))
      .catch(unlessAbsent);
    return found?.Body as Readable | undefined;
  }

  async sizeOf(digest: string): Promise<number | undefined> {
    const found = await this.#client.send(new HeadObjectCommand(this.#object(digest))).catch(unlessAbsent);
    return found?.ContentLength;
  }

  async delete(digest: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand(this.#object(digest)));
  }

  async *list(): AsyncIterable<StoredBlob> {
    const input = { Bucket: this.#bucket, Prefix: `${this.#prefix}blobs/sha256/` };
    for await (const page of paginateListObjectsV2({ client: this.#client }, input)) {
      for (const { Key = '', Size = 0, LastModified } of page.Contents ?? [])
        yield {
          digest: Key.slice(Key.lastIndexOf('/') + 1),
          size: Size,
          modifiedMs: LastModified?.getTime() ?? 0,
        };
    }
  }

  async dropUnfinished(beforeMs: number): Promise<number> {
    const input = { Bucket: this.#bucket, Prefix: `${this.#prefix}blobs/sha256/` };
    const { Uploads = [] } = await this.#client.send(new ListMultipartUploadsCommand(input));
    const old = Uploads.filter((u) => (u.Initiated?.getTime() ?? 0) < beforeMs);
    for (const { Key, UploadId } of old)
      await this.#client.send(new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key, UploadId }));
    return old.length;
  }
}
