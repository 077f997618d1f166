import type { ReactNode } from 'react';
import { Button, type ButtonProps } from '@mantine/core';
import { Link, type LinkProps } from 'react-router';

/** Looks like a button and goes somewhere: a real link. */
export function LinkButton({
  children,
  ...props
}: ButtonProps & Omit<LinkProps, 'children' | 'style' | 'color'> & { children: ReactNode }) {
  return (
    <Button component={Link} {...props}>
      {children}
    </Button>
  );
}
