/** What a conversation is about and who leads it. Taken from a system prompt without repeating the prompt. */
export interface Topic {
  /** A noun phrase such as `your appointment`. */
  readonly subject: string;
  /** The agent's first name, if the prompt gives one. */
  readonly agentName: string | null;
}

/** The first keyword found in the prompt decides; only the phrase beside it is ever spoken. */
const SUBJECTS: readonly (readonly [RegExp, string])[] = [
  [/appointment|dentist|clinic|doctor|patient/i, 'your appointment'],
  [/reservation|restaurant|hotel|booking/i, 'your reservation'],
  [/invoice|payment|billing|overdue/i, 'your invoice'],
  [/deliver|parcel|shipment|courier/i, 'your delivery'],
  [/order|purchase|shop/i, 'your order'],
  [/insurance|policy|claim/i, 'your insurance'],
  [/interview|candidate|recruit/i, 'your interview'],
  [/survey|feedback|satisfaction/i, 'your feedback'],
  [/subscription|renewal|membership/i, 'your subscription'],
  [/property|apartment|real estate|viewing/i, 'your viewing'],
  [/sales|offer|lead|product/i, 'our offer'],
  [/support|ticket|technical|troubleshoot/i, 'your support request'],
];

/** The topic of a system prompt; a prompt that says nothing known is about `your request`. */
export function topicOf(systemPrompt: string | undefined): Topic {
  const prompt = systemPrompt ?? '';
  const subject = SUBJECTS.find(([keyword]) => keyword.test(prompt))?.[1] ?? 'your request';
  const name = /\b(?:[Yy]ou are|[Yy]our name is) (\p{Lu}\p{Ll}{1,20})\b/u.exec(prompt)?.[1];
  return { subject, agentName: name === undefined || /^(An|The)$/.test(name) ? null : name };
}
