let shown: string | undefined;
let inherited = false;

/**
 * True when the heading of a page that has just been shown shall take the focus: the viewer came here from another page
 * of the console, or the heading before had it and was replaced (first the page said that it loads).
 */
export function shouldTakeFocus(pathname: string): boolean {
  const navigated = shown !== undefined && shown !== pathname;
  const take = navigated || inherited;
  shown = pathname;
  inherited = false;
  return take;
}

/** The heading goes away. Call it while it is still in the document. */
export function leaveHeading(heading: Element | null): void {
  inherited = heading !== null && heading === document.activeElement;
}
