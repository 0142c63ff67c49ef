import { enumOf } from '../../schema/enums.js';

/** The GraphQL enum of who may say the first words of a call. */
export const FirstSpeaker = enumOf('FirstSpeaker', ['AGENT', 'USER'], 'Who says the first words of a call.');

export type FirstSpeakerName = keyof typeof FirstSpeaker;
