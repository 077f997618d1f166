/**
 * Escape sequences of terminals (ECMA-48): CSI with parameters, OSC, DCS, SOS, PM and APC up to their terminator or the
 * end of the line, and the short ones. Agents send controls as their visible pictures (U+241B for escape), which nothing
 * between device and console refuses; both forms are known here. No part can match the same text in two ways, so that
 * hostile output costs linear time.
 */
const SEQUENCES =
  /(?:[\u001b\u241b]\[|\u009b)[0-?]*[ -/]*[@-~]?|(?:[\u001b\u241b][\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u2407\u001b\u241b\u009c]*(?:[\u0007\u2407\u009c]|[\u001b\u241b]\\)?|\u001b[ -/]*[0-~]?|\u241b[()*+][0-~]/g;

/** Controls but the tab, and those that reorder the text around them. */
const CONTROLS = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A line as a terminal would leave it, without colours: escape sequences go, after a carriage return the rest overwrites. */
export function plainLine(line: string): string {
  const clean = line.replace(SEQUENCES, '').replace(/\r+$/, '');
  const overwritten = clean.slice(clean.lastIndexOf('\r') + 1);
  return overwritten.replace(CONTROLS, '');
}
