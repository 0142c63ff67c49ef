import { mkdir, open, readFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { attemptSchema, callBirthSchema, interventionSchema } from './stored-call.js';
import { storedWebhookSchema } from './stored-webhook.js';

const entrySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('created'), call: callBirthSchema }),
  z.object({ kind: z.literal('intervened'), callId: z.string(), intervention: interventionSchema }),
  z.object({ kind: z.literal('attempted'), callId: z.string(), attempt: attemptSchema }),
  z.object({ kind: z.literal('deleted'), callId: z.string(), at: z.number() }),
  z.object({ kind: z.literal('clock'), offsetMs: z.number() }),
  z.object({ kind: z.literal('webhook'), webhook: storedWebhookSchema }),
]);

export type JournalEntry = z.infer<typeof entrySchema>;

/** Keeps what happened to calls, so that a restarted simulator goes on with them. */
export interface Journal {
  /** The entries kept so far, oldest first. Call it once, before the first append. */
  read(): Promise<JournalEntry[]>;
  /** Resolves when the entry is handed to the operating system: it then survives the end of the process. */
  append(entry: JournalEntry): Promise<void>;
  /** Resolves when all entries are written and the file is closed. */
  close(): Promise<void>;
}

/** A journal that keeps nothing, for simulators without a state directory. */
export const noJournal: Journal = {
  read: () => Promise.resolve([]),
  append: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

/** A journal of JSON lines in one file. Appends are written in the order of their calls. */
export class FileJournal implements Journal {
  private file!: FileHandle;
  private tail: Promise<void> = Promise.resolve();

  private constructor(private readonly path: string) {}

  /** Opens the journal of a directory, making both if needed. Throws when it cannot be written. */
  static async open(directory: string): Promise<FileJournal> {
    await mkdir(directory, { recursive: true });
    const journal = new FileJournal(join(directory, 'simulated-calls.jsonl'));
    journal.file = await open(journal.path, 'a');
    return journal;
  }

  async read(): Promise<JournalEntry[]> {
    const text = await readFile(this.path, 'utf8');
    // A process that was killed while it wrote leaves half a line; a line break keeps it from spoiling the next.
    if (text.length > 0 && !text.endsWith('\n')) await this.file.appendFile('\n');
    return text.split('\n').flatMap(line => parse(line));
  }

  append(entry: JournalEntry): Promise<void> {
    const written = this.tail.then(() => this.file.appendFile(`${JSON.stringify(entry)}\n`));
    this.tail = written.catch(() => undefined);
    return written;
  }

  async close(): Promise<void> {
    await this.tail;
    await this.file.close();
  }
}

function parse(line: string): JournalEntry[] {
  if (line === '') return [];
  try {
    const entry = entrySchema.safeParse(JSON.parse(line));
    return entry.success ? [entry.data] : [];
  } catch {
    return [];
  }
}
