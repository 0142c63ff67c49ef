/** Controls of direction: text behind them is shown in another order than it is stored, in another's name as well. */
const DIRECTION_CONTROL = /[\u202a-\u202e\u2066-\u2069]/;

/**
 * Letters, digits and signs; neither spaces nor what Unicode says is not shown. The empty Braille cell and the note
 * without a head count as signs there, and are printed as nothing.
 */
const SHOWN = /[^\p{Z}\p{C}\p{M}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}]/u;

/** Whether a text holds embedding, override or isolate controls. Marks of direction, as Hebrew and Arabic use, are none. */
export const holdsDirectionControl = (value: string): boolean => DIRECTION_CONTROL.test(value);

/** Whether people would see something of a text. */
export const isVisible = (value: string): boolean => SHOWN.test(value);
