/** What a state means for the reader; the word always stands beside the colour. */
export type Tone = 'neutral' | 'good' | 'warn' | 'bad' | 'info';
