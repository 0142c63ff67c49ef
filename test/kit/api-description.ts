import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import * as ajvFormats from 'ajv-formats';
import { parse } from 'yaml';

export const DESCRIPTION = new URL('../../src/modules/ultravox/openapi.yaml', import.meta.url);

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required?: boolean;
  readonly schema: { readonly type?: string };
}
interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
}

/** A request as it came over the wire. */
export interface SentRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly body: string;
}

/** The fields of data messages, which the description leaves open: they are documented beside it. */
const DATA_MESSAGES: Readonly<Record<string, readonly string[]>> = {
  user_text_message: ['text', 'urgency', 'threadId'],
  forced_agent_message: [
    'content',
    'toolCalls',
    'knownToolResults',
    'uninterruptible',
    'urgency',
    'threadId',
  ],
  hang_up: ['message'],
};

/**
 * The provider's own description of its API, for judging requests. Stricter than it says: a field or parameter that it
 * does not name is a fault, since a misspelt one would just be ignored.
 */
export class ApiDescription {
  private readonly document = parse(readFileSync(DESCRIPTION, 'utf8')) as {
    paths: Record<string, Record<string, Operation>>;
    components: object;
  };
  private readonly ajv = new Ajv({ strict: false, allErrors: true, coerceTypes: false });
  private readonly validators = new Map<object, ValidateFunction>();

  constructor() {
    (ajvFormats.default as unknown as { default: (ajv: Ajv) => void }).default(this.ajv);
    for (const format of ['enum', 'float', 'double', 'int32', 'int64', 'binary']) {
      this.ajv.addFormat(format, true);
    }
    this.ajv.addSchema({ $id: 'api', components: closed(this.document.components) });
  }

  /** What is wrong with a request, in words; nothing when it is valid. */
  faultsOf({ method, url, body }: SentRequest): string[] {
    const { pathname, searchParams } = new URL(url, 'http://any');
    const [template, values] = this.find(pathname);
    const operation = template && this.document.paths[template]?.[method.toLowerCase()];
    if (!operation) return [`there is no ${method} ${pathname}`];
    return [
      ...this.parameterFaults(operation, values, searchParams),
      ...this.bodyFaults(operation, body),
    ].map(fault => `${method} ${pathname}: ${fault}`);
  }

  private find(pathname: string): [template: string | null, values: Record<string, string>] {
    const templates = Object.keys(this.document.paths).sort(
      (a, b) => a.split('{').length - b.split('{').length,
    );
    for (const template of templates) {
      const pattern = template.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)');
      const match = new RegExp(`^${pattern}$`).exec(pathname);
      if (match) return [template, { ...match.groups }];
    }
    return [null, {}];
  }

  private parameterFaults(
    { parameters = [] }: Operation,
    path: Record<string, string>,
    query: URLSearchParams,
  ): string[] {
    const given = [
      ...Object.entries(path).map(([name, value]) => ({ in: 'path', name, value })),
      ...[...query].map(([name, value]) => ({ in: 'query', name, value })),
    ];
    return given.flatMap(({ in: place, name, value }) => {
      // `metadata.key=value` is how the description says that its object is written.
      if (place === 'query' && name.startsWith('metadata.')) {
        return parameters.some(parameter => parameter.name === 'metadata')
          ? []
          : ['metadata is no parameter'];
      }
      const parameter = parameters.find(known => known.in === place && known.name === name);
      if (!parameter) return [`${name} is no parameter`];
      const typed = parameter.schema.type === 'integer' ? Number(value) : value;
      return this.check(parameter.schema, typed).map(fault => `${name} ${fault}`);
    });
  }

  private bodyFaults({ requestBody }: Operation, body: string): string[] {
    if (!requestBody) return body === '' ? [] : ['has a body'];
    const schema = requestBody.content['application/json']?.schema;
    if (!schema) return ['takes no JSON'];
    let json: unknown;
    try {
      json = JSON.parse(body);
    } catch {
      return ['is not JSON'];
    }
    if (JSON.stringify(schema).includes('SendCallDataMessage')) {
      const { type, ...fields } = json as Record<string, unknown>;
      const known = DATA_MESSAGES[String(type)];
      if (!known) return [`${String(type)} is no data message`];
      return Object.keys(fields)
        .filter(name => !known.includes(name))
        .map(name => `${name} is no field of ${String(type)}`);
    }
    return this.check(schema, json);
  }

  private check(schema: object, value: unknown): string[] {
    let validate = this.validators.get(schema);
    if (!validate) {
      validate = this.ajv.compile(absolute(schema) as object);
      this.validators.set(schema, validate);
    }
    return validate(value)
      ? []
      : (validate.errors ?? []).map(
          ({ instancePath, message, params }) => `${instancePath} ${message ?? ''} ${JSON.stringify(params)}`,
        );
  }
}

/** With every reference leading to the one document, wherever the schema stands. */
function absolute(node: unknown): unknown {
  return mapped(node, (key, value) =>
    key === '$ref' && typeof value === 'string' ? value.replace(/^#/, 'api#') : value,
  );
}

/** With every object closed that names its properties. A reference beside others is left open, or both would clash. */
function closed(node: unknown): unknown {
  const copy = absolute(node);
  const close = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const schema = value as Record<string, unknown>;
    if (schema['type'] === 'object' && schema['properties'] && !('additionalProperties' in schema)) {
      schema['additionalProperties'] = false;
    }
    Object.values(schema).forEach(close);
  };
  close(copy);
  return copy;
}

function mapped(node: unknown, change: (key: string, value: unknown) => unknown): unknown {
  if (Array.isArray(node)) return node.map(item => mapped(item, change));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, change(key, mapped(value, change))]),
  );
}
