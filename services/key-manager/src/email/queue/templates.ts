/** What a message is filled with. */
export interface EmailWords {
  /** The console, for example `https://itsm.company.example`. */
  origin: string;
  link: string;
  name: string;
  email: string;
  /** When the link ends, in UTC. */
  until: string;
}
export interface InvitationWords extends EmailWords {
  invitedBy: string;
  role: string;
}
export interface PasswordResetWords extends EmailWords {
  /** Where the request came from. */
  address: string;
}
export interface Rendered {
  subject: string;
  text: string;
  html: string;
}

export const invitationEmail = (words: InvitationWords): Rendered =>
  render('Invitation to Muster', words.link, 'Choose your password', [
    `Hello ${line(words.name)},`,
    `${line(words.invitedBy)} invites you to Muster, the device management at ${words.origin}, with the role ${line(words.role)}.`,
    `Open this link and choose your password. You sign in with your e-mail address, ${line(words.email)}. The link works once, until ${words.until}.`,
    'If you did not expect this, ignore this message: without the link nothing happens.',
  ]);

export const passwordResetEmail = (words: PasswordResetWords): Rendered =>
  render('A new password for Muster', words.link, 'Choose a new password', [
    `Hello ${line(words.name)},`,
    `somebody, from the network address ${line(words.address)}, asked for a new password for ${line(words.email)} at ${words.origin}.`,
    `If that was you, open this link and choose one. All your sessions end then. The link works once, until ${words.until}.`,
    'If it was not you, ignore this message: your password stays as it is.',
  ]);

export const testEmailWords = (origin: string): Rendered =>
  render('Test message from Muster', origin, 'Open the console', [
    'This message was sent to see whether mail works.',
    `It came from the device management at ${origin}.`,
    'It works.',
  ]);

/** Three paragraphs, the link, and the rest. The same words as text and as HTML without pictures, styles or scripts. */
function render(subject: string, link: string, action: string, paragraphs: readonly string[]): Rendered {
  const [last = '', ...before] = paragraphs.toReversed();
  const first = before.toReversed();
  const html = [
    ...first.map((paragraph) => `<p>${escaped(paragraph)}</p>`),
    `<p><a href="${escaped(link)}">${escaped(action)}</a></p>`,
    `<p>${escaped(link)}</p>`,
    `<p>${escaped(last)}</p>`,
  ];
  return {
    subject,
    text: `${[...first, link, last].join('\n\n')}\n`,
    html: `<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>${escaped(subject)}</title></head>\n<body>\n${html.join('\n')}\n</body>\n</html>\n`,
  };
}

/** Names are people's own words: kept on one line, so that none looks like a paragraph of ours. */
const line = (value: string): string => value.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim();

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (value: string): string => value.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
