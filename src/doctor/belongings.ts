const PUBLIC_ID = /^([a-z]+)_[0-9a-f]{24}$/i;

/** The type that an id begins with; null for what is no id. */
export const typeOf = (id: string): string | null => PUBLIC_ID.exec(id)?.[1] ?? null;

/** What can be named of a tenant: things of it that were seen in its own answers. */
export class Belongings {
  private readonly ids = new Map<string, Set<string>>();
  private readonly cursorsByField = new Map<string, string>();
  private readonly tokensByField = new Map<string, string>();
  /** Addresses on the server that need no credential. */
  readonly links = new Set<string>();

  /** @param url of the server, where its own links begin. */
  constructor(private readonly url: string) {}

  /** Notes everything that can be named in the answer to a root field. */
  learn(rootField: string, data: unknown, key = ''): void {
    if (typeof data === 'string') this.note(rootField, key, data);
    else if (Array.isArray(data)) for (const item of data) this.learn(rootField, item, key);
    else if (typeof data === 'object' && data !== null)
      for (const [name, part] of Object.entries(data)) this.learn(rootField, part, name);
  }

  /** The newest id of each type. */
  get newest(): ReadonlyMap<string, string> {
    return new Map([...this.ids].map(([type, ids]) => [type, [...ids].at(-1) ?? '']));
  }

  /** The ids of a type, oldest first. */
  allOf(type: string): string[] {
    return [...(this.ids.get(type) ?? [])];
  }

  /** Ids of all types, newest first; those whose type a word of the hint names come before others, by the earliest word. */
  idsFor(hint: string): string[] {
    const words = hint.toLowerCase().split(' ');
    const rank = (type: string) => {
      const at = words.findIndex(word => word.includes(type.toLowerCase()));
      return at < 0 ? words.length : at;
    };
    return [...this.ids]
      .sort(([one], [other]) => rank(one) - rank(other))
      .flatMap(([, ids]) => [...ids].slice(-3).reverse());
  }

  get cursors(): string[] {
    return [...new Set(this.cursorsByField.values())];
  }

  /** A cursor, one of the field's own where there is one. */
  cursorFor(rootField: string): string | undefined {
    return this.cursorsByField.get(rootField) ?? this.cursors.at(-1);
  }

  get tokens(): string[] {
    return [...new Set(this.tokensByField.values())];
  }

  token(rootField: string): string | undefined {
    return this.tokensByField.get(rootField) ?? this.tokens.at(-1);
  }

  /** Every name that nobody else may be shown. */
  get names(): string[] {
    return [...[...this.ids.values()].flatMap(ids => [...ids]), ...this.tokens];
  }

  private note(rootField: string, key: string, text: string): void {
    const type = typeOf(text);
    if (type !== null) {
      const ids = this.ids.get(type) ?? new Set();
      this.ids.set(type, ids.add(text));
    } else if (/cursor$/i.test(key)) this.cursorsByField.set(rootField, text);
    else if (/(token|secret)$/i.test(key)) this.tokensByField.set(rootField, text);
    else if (text.startsWith(`${this.url}/`)) this.links.add(text);
  }
}
