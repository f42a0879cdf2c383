import { randomInt } from 'node:crypto';

const ADJECTIVES =
  'amber bold brisk calm candid clever cosmic crisp dapper deft eager fleet gentle glad golden keen lively lucid mellow merry nimble placid polite proud quiet rapid robust silent silver smooth snug steady sunny swift tidy vivid warm wise witty zesty'.split(
    ' ',
  );
const NOUNS =
  'ant auk bat bear bee bison carp cod colt crab crane crow deer doe dove duck eel elk ewe fawn finch fish foal fox frog gnat goat goose grouse gull hare hawk hen heron ibis jay kite kit koi lamb lark loon lynx mare mink mole moose moth mouse mule newt owl ox perch pike pug quail ram ray rook seal shad shark sheep shrew skink sloth slug smelt snail snake snipe sole squid stag stork swan tern toad trout vole wasp whale wolf wren yak'.split(
    ' ',
  );
const pick = (words: readonly string[]): string => words[randomInt(words.length)] ?? '';

/** A name for a run that was given none, e.g. `brisk-heron-412`: easier to tell apart than ids. */
export const madeUpName = (): string => `${pick(ADJECTIVES)}-${pick(NOUNS)}-${randomInt(1000)}`;
