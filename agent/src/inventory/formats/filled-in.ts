/** Text that boards carry where nobody filled in a real value. */
const PLACEHOLDERS =
  /^(to be filled by o\.?e\.?m\.?|default string|system (product name|version|serial number|manufacturer)|chassis (serial number|asset tag)|asset[- ]?\d*|no asset (tag|information)|no dimm|not (specified|applicable|available|provided)|none|n\/a|unknown|undefined|empty|null|0+|x+|[0-]+|f{8}-f{4}-f{4}-f{4}-f{12}|03000200-0400-0500-0006-000700080009)$/i;

/** The text, if somebody filled it in. */
export const filledIn = (text: string | undefined): string | undefined => {
  const tidy = text?.trim();
  return tidy && !PLACEHOLDERS.test(tidy) ? tidy : undefined;
};
