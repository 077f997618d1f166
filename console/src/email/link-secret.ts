import { useLocation } from 'react-router';

/** The secret of the link that led here: behind `#`, which the browser tells no server. */
export function useLinkSecret(): string | undefined {
  const { hash } = useLocation();
  return /^#([A-Za-z0-9_-]{20,128})$/.exec(hash)?.[1];
}
