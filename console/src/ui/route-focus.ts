let shown: string | undefined;

/** True when the viewer came here from another page of the console: then, and only then, the heading takes the focus. */
export function shouldTakeFocus(pathname: string): boolean {
  const navigated = shown !== undefined && shown !== pathname;
  shown = pathname;
  return navigated;
}
