/*
 * Unicode properties that regular expressions do not know, as the inside of a character class. Taken from Unicode 14
 * (DerivedBidiClass, DerivedJoiningType, DerivedCombiningClass); of the classes that number, separate and are neutral, only
 * the code points that an identifier may have (RFC 8264, section 4.2.1).
 */

/** Bidi_Class R. */
export const RIGHT_TO_LEFT = [
  String.raw`\u{590}\u{5be}\u{5c0}\u{5c3}\u{5c6}\u{5c8}-\u{5ff}`,
  String.raw`\u{7c0}-\u{7ea}\u{7f4}-\u{7f5}\u{7fa}-\u{7fc}\u{7fe}-\u{815}\u{81a}\u{824}`,
  String.raw`\u{828}\u{82e}-\u{858}\u{85c}-\u{85f}\u{200f}\u{fb1d}\u{fb1f}-\u{fb28}`,
  String.raw`\u{fb2a}-\u{fb4f}\u{10800}-\u{1091e}\u{10920}-\u{10a00}\u{10a04}\u{10a07}-\u{10a0b}\u{10a10}-\u{10a37}`,
  String.raw`\u{10a3b}-\u{10a3e}\u{10a40}-\u{10ae4}\u{10ae7}-\u{10b38}\u{10b40}-\u{10cff}\u{10d40}-\u{10e5f}\u{10e7f}-\u{10eaa}`,
  String.raw`\u{10ead}-\u{10f2f}\u{10f70}-\u{10f81}\u{10f86}-\u{10fff}\u{1e800}-\u{1e8cf}\u{1e8d7}-\u{1e943}\u{1e94b}-\u{1ec6f}`,
  String.raw`\u{1ecc0}-\u{1ecff}\u{1ed50}-\u{1edff}\u{1ef00}-\u{1efff}`,
].join('');

/** Bidi_Class AL. */
export const ARABIC_LETTERS = [
  String.raw`\u{608}\u{60b}\u{60d}\u{61b}-\u{64a}\u{66d}-\u{66f}\u{671}-\u{6d5}`,
  String.raw`\u{6e5}-\u{6e6}\u{6ee}-\u{6ef}\u{6fa}-\u{710}\u{712}-\u{72f}\u{74b}-\u{7a5}\u{7b1}-\u{7bf}`,
  String.raw`\u{860}-\u{88f}\u{892}-\u{897}\u{8a0}-\u{8c9}\u{fb50}-\u{fd3d}\u{fd50}-\u{fdce}\u{fdf0}-\u{fdfc}`,
  String.raw`\u{fe70}-\u{fefe}\u{10d00}-\u{10d23}\u{10d28}-\u{10d2f}\u{10d3a}-\u{10d3f}\u{10f30}-\u{10f45}\u{10f51}-\u{10f6f}`,
  String.raw`\u{1ec70}-\u{1ecbf}\u{1ed00}-\u{1ed4f}\u{1ee00}-\u{1eeef}\u{1eef2}-\u{1eeff}`,
].join('');

/** Bidi_Class AN. */
export const ARABIC_NUMBERS = String.raw`\u{660}-\u{669}\u{10d30}-\u{10d39}`;

/** Bidi_Class EN. */
export const EUROPEAN_NUMBERS = String.raw`\u{30}-\u{39}\u{6f0}-\u{6f9}\u{ff10}-\u{ff19}\u{1d7ce}-\u{1d7ff}\u{1fbf0}-\u{1fbf9}`;

/** Bidi_Class ES, CS, ET and ON. */
export const NEUTRALS = [
  String.raw`\u{2b}\u{2d}\u{2c}\u{2e}-\u{2f}\u{3a}\u{23}-\u{25}`,
  String.raw`\u{21}-\u{22}\u{26}-\u{2a}\u{3b}-\u{40}\u{5b}-\u{60}\u{7b}-\u{7e}\u{b7}`,
  String.raw`\u{2b9}-\u{2ba}\u{2c6}-\u{2cf}\u{2ec}\u{374}-\u{375}\u{2e2f}\u{30fb}`,
  String.raw`\u{a67f}\u{a717}-\u{a71f}\u{a788}`,
].join('');

/** Canonical_Combining_Class 9. */
export const VIRAMAS = [
  String.raw`\u{94d}\u{9cd}\u{a4d}\u{acd}\u{b4d}\u{bcd}`,
  String.raw`\u{c4d}\u{ccd}\u{d3b}-\u{d3c}\u{d4d}\u{dca}\u{e3a}`,
  String.raw`\u{eba}\u{f84}\u{1039}-\u{103a}\u{1714}-\u{1715}\u{1734}\u{17d2}`,
  String.raw`\u{1a60}\u{1b44}\u{1baa}-\u{1bab}\u{1bf2}-\u{1bf3}\u{2d7f}\u{a806}`,
  String.raw`\u{a82c}\u{a8c4}\u{a953}\u{a9c0}\u{aaf6}\u{abed}`,
  String.raw`\u{10a3f}\u{11046}\u{11070}\u{1107f}\u{110b9}\u{11133}-\u{11134}`,
  String.raw`\u{111c0}\u{11235}\u{112ea}\u{1134d}\u{11442}\u{114c2}`,
  String.raw`\u{115bf}\u{1163f}\u{116b6}\u{1172b}\u{11839}\u{1193d}-\u{1193e}`,
  String.raw`\u{119e0}\u{11a34}\u{11a47}\u{11a99}\u{11c3f}\u{11d44}-\u{11d45}`,
  String.raw`\u{11d97}`,
].join('');

/** Joining_Type D. */
export const JOINING_DUAL = [
  String.raw`\u{620}\u{626}\u{628}\u{62a}-\u{62e}\u{633}-\u{63f}\u{641}-\u{647}`,
  String.raw`\u{649}-\u{64a}\u{66e}-\u{66f}\u{678}-\u{687}\u{69a}-\u{6bf}\u{6c1}-\u{6c2}\u{6cc}`,
  String.raw`\u{6ce}\u{6d0}-\u{6d1}\u{6fa}-\u{6fc}\u{6ff}\u{712}-\u{714}\u{71a}-\u{71d}`,
  String.raw`\u{71f}-\u{727}\u{729}\u{72b}\u{72d}-\u{72e}\u{74e}-\u{758}\u{75c}-\u{76a}`,
  String.raw`\u{76d}-\u{770}\u{772}\u{775}-\u{777}\u{77a}-\u{77f}\u{7ca}-\u{7ea}\u{841}-\u{845}`,
  String.raw`\u{848}\u{84a}-\u{853}\u{855}\u{860}\u{862}-\u{865}\u{868}`,
  String.raw`\u{886}\u{889}-\u{88d}\u{8a0}-\u{8a9}\u{8af}-\u{8b0}\u{8b3}-\u{8b8}\u{8ba}-\u{8c8}`,
  String.raw`\u{1807}\u{1820}-\u{1878}\u{1887}-\u{18a8}\u{18aa}\u{a840}-\u{a871}\u{10ac0}-\u{10ac4}`,
  String.raw`\u{10ad3}-\u{10ad6}\u{10ad8}-\u{10adc}\u{10ade}-\u{10ae0}\u{10aeb}-\u{10aee}\u{10b80}\u{10b82}`,
  String.raw`\u{10b86}-\u{10b88}\u{10b8a}-\u{10b8b}\u{10b8d}\u{10b90}\u{10bad}-\u{10bae}\u{10d01}-\u{10d21}`,
  String.raw`\u{10d23}\u{10f30}-\u{10f32}\u{10f34}-\u{10f44}\u{10f51}-\u{10f53}\u{10f70}-\u{10f73}\u{10f76}-\u{10f81}`,
  String.raw`\u{10fb0}\u{10fb2}-\u{10fb3}\u{10fb8}\u{10fbb}-\u{10fbc}\u{10fbe}-\u{10fbf}\u{10fc1}`,
  String.raw`\u{10fc4}\u{10fca}\u{1e900}-\u{1e943}`,
].join('');

/** Joining_Type L. */
export const JOINING_LEFT = String.raw`\u{a872}\u{10acd}\u{10ad7}\u{10d00}\u{10fcb}`;

/** Joining_Type R. */
export const JOINING_RIGHT = [
  String.raw`\u{622}-\u{625}\u{627}\u{629}\u{62f}-\u{632}\u{648}\u{671}-\u{673}`,
  String.raw`\u{675}-\u{677}\u{688}-\u{699}\u{6c0}\u{6c3}-\u{6cb}\u{6cd}\u{6cf}`,
  String.raw`\u{6d2}-\u{6d3}\u{6d5}\u{6ee}-\u{6ef}\u{710}\u{715}-\u{719}\u{71e}`,
  String.raw`\u{728}\u{72a}\u{72c}\u{72f}\u{74d}\u{759}-\u{75b}`,
  String.raw`\u{76b}-\u{76c}\u{771}\u{773}-\u{774}\u{778}-\u{779}\u{840}\u{846}-\u{847}`,
  String.raw`\u{849}\u{854}\u{856}-\u{858}\u{867}\u{869}-\u{86a}\u{870}-\u{882}`,
  String.raw`\u{88e}\u{8aa}-\u{8ac}\u{8ae}\u{8b1}-\u{8b2}\u{8b9}\u{10ac5}`,
  String.raw`\u{10ac7}\u{10ac9}-\u{10aca}\u{10ace}-\u{10ad2}\u{10add}\u{10ae1}\u{10ae4}`,
  String.raw`\u{10aef}\u{10b81}\u{10b83}-\u{10b85}\u{10b89}\u{10b8c}\u{10b8e}-\u{10b8f}`,
  String.raw`\u{10b91}\u{10ba9}-\u{10bac}\u{10d22}\u{10f33}\u{10f54}\u{10f74}-\u{10f75}`,
  String.raw`\u{10fb4}-\u{10fb6}\u{10fb9}-\u{10fba}\u{10fbd}\u{10fc2}-\u{10fc3}\u{10fc9}`,
].join('');
