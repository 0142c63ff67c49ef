import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { badInput } from '../errors/domain-error.js';
import { rulesOf } from './rule.js';

/** Checks every argument whose class has rules, before the resolver runs and after the guard has. */
@Injectable()
export class ValidationPipe implements PipeTransform {
  /** @throws DomainError BAD_USER_INPUT naming each wrong field by its path. */
  transform(value: unknown, { metatype, data }: ArgumentMetadata): unknown {
    const schema = typeof metatype === 'function' ? rulesOf(metatype as { prototype: object }) : null;
    return schema && value != null ? check(schema, value, data) : value;
  }
}

/** A pipe for a single argument: `@Args('email', Check(emailAddress)) email: string`. */
export function Check(schema: z.ZodType): PipeTransform {
  return {
    transform: (value: unknown, { data }: ArgumentMetadata) =>
      value == null ? value : check(schema, value, data),
  };
}

function check(schema: z.ZodType, value: unknown, argument: string | undefined): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw badInput(
    Object.fromEntries(
      parsed.error.issues.map(issue => [
        [argument, ...issue.path].filter(part => part !== undefined).join('.'),
        issue.message,
      ]),
    ),
  );
}
