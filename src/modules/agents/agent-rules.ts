import { z } from 'zod';
import { line, text } from '../../validation/rules.js';

/** What may stand in a call's template, be it kept as an agent or given with the call. */
export const TEMPLATE_RULES = {
  name: line(64),
  systemPrompt: text(20_000),
  model: line(100),
  voice: line(100),
  languageHint: z
    .string()
    .max(16, 'must have at most 16 characters')
    .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a BCP 47 language tag such as de or en-GB'),
  temperature: z.number().min(0, 'must be at least 0').max(1, 'must be at most 1'),
  maxDurationSeconds: z.number().int().min(1, 'must be at least 1').max(86_400, 'must be at most 86400'),
} as const;
