import type { IncomingMessage } from 'node:http';
import { ApiError, invalidForm, tooLarge } from './api-error.ts';

/** One uploaded file: `index` is the n of its part `files[n]`. */
export interface UploadedFile {
  readonly index: number;
  readonly name: string;
  readonly contentType: string;
  readonly data: Buffer;
}

/** A request body taken apart: the JSON, and the files that came with it as multipart. */
export interface RequestBody {
  readonly json: unknown;
  readonly files: readonly UploadedFile[];
}

const MAX_FILE_BYTES = 10 * 1024 * 1024;
const MAX_BODY_BYTES = 3 * MAX_FILE_BYTES;
const MAX_FILES = 10;

/** Reads JSON or multipart as Discord does; throws what Discord answers when it is malformed or too large. */
export async function readBody(request: IncomingMessage): Promise<RequestBody> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  const contentType = request.headers['content-type'] ?? '';
  if (bytes.length === 0) return { json: null, files: [] };
  if (contentType.startsWith('application/json')) return { json: parseJson(bytes.toString('utf8')), files: [] };
  if (contentType.startsWith('multipart/form-data')) return readMultipart(bytes, contentType);
  throw new ApiError(400, 50035, `Unsupported content type ${contentType}`);
}

async function readMultipart(bytes: Buffer, contentType: string): Promise<RequestBody> {
  const headers = { 'content-type': contentType };
  const form = await new Response(new Uint8Array(bytes), { headers }).formData().catch(() => {
    throw new ApiError(400, 50035, 'Malformed multipart body');
  });
  const files: UploadedFile[] = [];
  let payload: string | null = null;
  for (const [key, value] of form) {
    if (typeof value === 'string') {
      if (key !== 'payload_json' || payload !== null) throw invalidForm([`${key}: unexpected multipart field`]);
      payload = value;
      continue;
    }
    const index = Number(/^files\[(\d+)\]$/.exec(key)?.[1] ?? Number.NaN);
    if (Number.isNaN(index)) throw invalidForm([`${key}: a file must come as files[n]`]);
    if (files.some((file) => file.index === index)) throw invalidForm([`${key}: came twice`]);
    if (value.size > MAX_FILE_BYTES) throw tooLarge();
    if (value.name.length === 0) throw invalidForm([`${key}: has no file name`]);
    files.push({ index, name: value.name, contentType: value.type, data: Buffer.from(await value.arrayBuffer()) });
  }
  if (payload === null) throw invalidForm(['payload_json: missing']);
  if (files.length > MAX_FILES) throw invalidForm([`files: ${files.length}, at most ${MAX_FILES}`]);
  return { json: parseJson(payload), files };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(400, 50109, 'The request body contains invalid JSON.');
  }
}
