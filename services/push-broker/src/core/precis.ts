import {
  ARABIC_LETTERS,
  ARABIC_NUMBERS,
  EUROPEAN_NUMBERS,
  JOINING_DUAL,
  JOINING_LEFT,
  JOINING_RIGHT,
  NEUTRALS,
  RIGHT_TO_LEFT,
  VIRAMAS,
} from './precis-tables';

/** RFC 8264, section 9.6: allowed in both string classes, or not, against their general properties. */
const EXCEPTIONS_VALID = /[\u{df}\u{3c2}\u{6fd}\u{6fe}\u{f0b}\u{3007}]/u;
const EXCEPTIONS_DISALLOWED = /[\u{640}\u{7fa}\u{302e}\u{302f}\u{3031}-\u{3035}\u{303b}]/u;
/** Allowed where the rules of RFC 5892, appendix A, say so. */
const CONTEXTUAL = /[\u{b7}\u{375}\u{5f3}\u{5f4}\u{30fb}\u{660}-\u{669}\u{6f0}-\u{6f9}\u{200c}\u{200d}]/u;
/** RFC 8264, sections 9.9 to 9.13: unassigned, conjoining Jamo, ignorable, controls. */
const NEVER =
  /[\p{Cn}\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}\u{1100}-\u{11ff}\u{a960}-\u{a97c}\u{d7b0}-\u{d7c6}\u{d7cb}-\u{d7fb}]/u;
const LETTER_DIGITS = /[\p{Ll}\p{Lu}\p{Lo}\p{Nd}\p{Lm}\p{Mn}\p{Mc}]/u;
const FREEFORM_ONLY = /[\p{Lt}\p{Nl}\p{No}\p{Me}\p{Zs}\p{S}\p{P}]/u;
const FULL_OR_HALF_WIDTH = /[\u{3000}\u{ff01}-\u{ffee}]/gu;
const PRINTABLE_ASCII = /^[\u0021-\u007e]+$/;
const ASCII_TEXT = /^[\u0020-\u007e]+$/;

/**
 * A name that identifies somebody: profile UsernameCaseMapped (RFC 8265, section 3.3). Names that are equal under it are
 * equal strings.
 * @returns undefined when the text is not a username
 */
export function username(text: string): string | undefined {
  if (PRINTABLE_ASCII.test(text)) return text.toLowerCase();
  return untilStable(text, (name) => {
    const narrow = name.replace(FULL_OR_HALF_WIDTH, (wide) => wide.normalize('NFKC'));
    if (!isIdentifier(narrow)) return undefined;
    // One by one: a final sigma depends on nothing but itself, so that a name and its parts are treated alike.
    const lower = Array.from(narrow, (character) => character.toLowerCase()).join('');
    const mapped = lower.normalize('NFC');
    return isIdentifier(mapped) && obeysBidiRule(mapped) ? mapped : undefined;
  });
}

/**
 * Text that is compared and never interpreted, such as a password or a resource: profile OpaqueString (RFC 8265,
 * section 4.2).
 * @returns undefined when the text is not such a string
 */
export function opaqueString(text: string): string | undefined {
  if (ASCII_TEXT.test(text)) return text;
  return untilStable(text, (opaque) => {
    const mapped = opaque.replace(/\p{Zs}/gu, ' ').normalize('NFC');
    return isFreeform(mapped) ? mapped : undefined;
  });
}

/** Whether a text is of the IdentifierClass (RFC 8264, section 4.2). */
export function isIdentifier(text: string): boolean {
  return every(text, (character) => isIdentifierCharacter(character));
}

/** Whether a text is of the FreeformClass (RFC 8264, section 4.3). */
function isFreeform(text: string): boolean {
  return every(text, (character) => {
    if (isIdentifierCharacter(character) || character === ' ') return true;
    if (EXCEPTIONS_DISALLOWED.test(character) || NEVER.test(character)) return false;
    return FREEFORM_ONLY.test(character) || LETTER_DIGITS.test(character);
  });
}

function isIdentifierCharacter(character: string): boolean {
  if (PRINTABLE_ASCII.test(character) || EXCEPTIONS_VALID.test(character)) return true;
  if (EXCEPTIONS_DISALLOWED.test(character) || NEVER.test(character)) return false;
  return character.normalize('NFKC') === character && LETTER_DIGITS.test(character);
}

function every(text: string, allowed: (character: string) => boolean): boolean {
  if (text === '') return false;
  let at = 0;
  for (const character of text) {
    if (CONTEXTUAL.test(character) ? !fits(character, text, at) : !allowed(character)) return false;
    at += character.length;
  }
  return true;
}

const AFTER_VIRAMA = new RegExp(`[${VIRAMAS}]$`, 'u');
/** Transparent characters are marks and format controls; between those the two that a non-joiner keeps apart. */
const JOINING_BEFORE = new RegExp(`[${JOINING_LEFT}${JOINING_DUAL}][\\p{Mn}\\p{Me}\\p{Cf}]*$`, 'u');
const JOINING_AFTER = new RegExp(`^[\\p{Mn}\\p{Me}\\p{Cf}]*[${JOINING_RIGHT}${JOINING_DUAL}]`, 'u');

/** The contextual rules of RFC 5892, appendix A, for the character that stands at `at`. */
function fits(character: string, text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 64), at);
  const after = text.slice(at + character.length, at + character.length + 64);
  switch (character) {
    case '\u200c':
      return AFTER_VIRAMA.test(before) || (JOINING_BEFORE.test(before) && JOINING_AFTER.test(after));
    case '\u200d':
      return AFTER_VIRAMA.test(before);
    case '\u00b7':
      return before.endsWith('l') && after.startsWith('l');
    case '\u0375':
      return /^\p{Script=Greek}/u.test(after);
    case '\u05f3':
    case '\u05f4':
      return /\p{Script=Hebrew}$/u.test(before);
    case '\u30fb':
      return /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u.test(text);
    default:
      // Arabic-Indic digits and the extended ones are not mixed.
      return !(/[\u{660}-\u{669}]/u.test(text) && /[\u{6f0}-\u{6f9}]/u.test(text));
  }
}

const MARKS = String.raw`\p{Mn}\p{Me}`;
/** Besides letters and Arabic numbers; the joiners are boundary neutrals. */
const NUMBERS = `${EUROPEAN_NUMBERS}${NEUTRALS}${MARKS}\\u{200c}\\u{200d}`;
const RIGHT = `${RIGHT_TO_LEFT}${ARABIC_LETTERS}`;
const HAS_RIGHT_TO_LEFT = new RegExp(`[${RIGHT}${ARABIC_NUMBERS}]`, 'u');
/** RFC 5893, section 2, rules 1 to 3: what begins from the right stays so and ends in a letter or number. */
const RIGHT_LABEL = new RegExp(
  `^[${RIGHT}][${RIGHT}${ARABIC_NUMBERS}${NUMBERS}]*(?<=[${RIGHT}${ARABIC_NUMBERS}${EUROPEAN_NUMBERS}][${MARKS}]*)$`,
  'u',
);
const EUROPEAN = new RegExp(`[${EUROPEAN_NUMBERS}]`, 'u');
const ARABIC = new RegExp(`[${ARABIC_NUMBERS}]`, 'u');

/**
 * The rule for text with characters that are written from the right (RFC 5893, section 2). Rules 5 and 6 forbid such
 * characters in what begins from the left.
 */
export function obeysBidiRule(text: string): boolean {
  if (!HAS_RIGHT_TO_LEFT.test(text)) return true;
  return RIGHT_LABEL.test(text) && !(EUROPEAN.test(text) && ARABIC.test(text));
}

/** Applies rules until they change nothing (RFC 8264, section 7); text that takes more than four turns is refused. */
function untilStable(text: string, enforce: (text: string) => string | undefined): string | undefined {
  let before: string | undefined = text;
  for (let turn = 0; turn < 4 && before !== undefined; turn++) {
    const after: string | undefined = enforce(before);
    if (after === before) return after;
    before = after;
  }
  return undefined;
}
