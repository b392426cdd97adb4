import { createLink } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, Ref } from 'react';

interface LinkButtonProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  ref?: Ref<HTMLAnchorElement>;
  look?: 'primary' | 'outline';
}

function Anchor({ look = 'primary', className, children, ...rest }: LinkButtonProps) {
  const style =
    look === 'primary'
      ? 't-button--theme-primary t-button--variant-base'
      : 't-button--theme-default t-button--variant-outline';
  return (
    <a {...rest} className={`t-button t-button--shape-rectangle ${style} link-button ${className ?? ''}`}>
      <span className="t-button__text">{children}</span>
    </a>
  );
}

/** A link that looks like a button of TDesign. */
export const LinkButton = createLink(Anchor);
