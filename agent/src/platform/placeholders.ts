/** Text that boards carry where nobody filled in a real value. */
export const PLACEHOLDERS =
  /^(to be filled by o\.?e\.?m\.?|default string|system (product name|serial number|manufacturer)|not (specified|applicable|available)|none|n\/a|unknown|empty|0+|x+|[0-]+|f{8}-f{4}-f{4}-f{4}-f{12}|03000200-0400-0500-0006-000700080009)$/i;
