/** An exchange that carries no value: what the agent says and what the caller answers. */
export interface Exchange {
  readonly agent: string;
  readonly user: string;
}

/** Exchanges that fill a conversation which is to last longer than its values need. */
export function smallTalk(subject: string): readonly [Exchange, ...Exchange[]] {
  return [
    { agent: `Is this a good moment to talk about ${subject}?`, user: 'Yes, I have a few minutes.' },
    { agent: 'Great. I will go through it step by step.', user: 'Please do, I am listening.' },
    { agent: 'How has everything been so far?', user: 'Quite good, no complaints.' },
    { agent: 'Would a written confirmation help you?', user: 'Yes, an e-mail would be perfect.' },
    { agent: 'Shall I also set a reminder for you?', user: 'One day ahead would be fine.' },
    { agent: 'Do you prefer mornings or afternoons?', user: 'Mornings suit me better.' },
    { agent: 'Let me note that down for a moment.', user: 'Of course, take your time.' },
    { agent: 'Is there anything you would like to change?', user: 'No, let us keep it as it is.' },
    { agent: 'May we call you again on this number?', user: 'Yes, this number is the best one.' },
    { agent: `Is everything about ${subject} clear?`, user: 'It is, you explained it well.' },
  ];
}
