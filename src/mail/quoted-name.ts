/** The name of a tenant in a mail: its own people have chosen it, so it is told apart from what the service says. */
export const quotedName = (name: string): string => `"${name.replaceAll(/["\u201c-\u201f]/g, "'")}"`;

/** The sentence about such names in mails that go to people who may not know the tenant. */
export const WHO_NAMED_IT = 'A customer of this service has chosen the name in quotes.';
