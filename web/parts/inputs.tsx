import { type RefObject, useEffect, useId, useRef } from 'react';
import { Input, type InputRef, Textarea } from 'tdesign-react';
import type { Ties } from './Field';

interface TextInputProps {
  ties: Ties;
  value: string;
  onChange(value: string): void;
  type?: 'text' | 'password' | 'search' | 'number';
  placeholder?: string;
  autoComplete?: string;
  maxLength?: number;
  autoFocus?: boolean;
  disabled?: boolean;
  size?: 'small' | 'medium' | 'large';
  onBlur?(): void;
}

/** TDesign's input, tied to its label: the component itself passes no `id` or `aria-*` to its `<input>`. */
export function TextInput(props: TextInputProps) {
  const { ties, value, onChange, type = 'text', maxLength, autoFocus, onBlur, ...rest } = props;
  const input = useRef<InputRef>(null);
  useEffect(() => {
    const element = input.current?.inputElement;
    if (element) tie(element, ties);
  });
  useFocusAtStart(autoFocus, () => input.current?.inputElement);
  return (
    <Input
      ref={input}
      type={type}
      value={value}
      onChange={(next) => onChange(String(next))}
      onBlur={() => onBlur?.()}
      status={ties.invalid ? 'error' : 'default'}
      // The component's eye for passwords is a picture without a name that no key reaches.
      suffixIcon={type === 'password' ? <span /> : undefined}
      spellCheck={false}
      {...(rest.placeholder === undefined ? { placeholder: '' } : {})}
      {...(maxLength ? { maxlength: maxLength, showLimitNumber: true } : {})}
      {...(rest.autoComplete ? { autocomplete: rest.autoComplete } : {})}
      {...(rest.placeholder ? { placeholder: rest.placeholder } : {})}
      {...(rest.disabled ? { disabled: true } : {})}
      {...(rest.size ? { size: rest.size } : {})}
    />
  );
}

interface TextAreaProps {
  ties: Ties;
  value: string;
  onChange(value: string): void;
  placeholder?: string;
  maxLength?: number;
  rows?: number;
}

export function TextArea({ ties, value, onChange, placeholder, maxLength, rows = 3 }: TextAreaProps) {
  const wrapper = useRef<{ currentElement: HTMLDivElement; textareaElement: HTMLTextAreaElement }>(null);
  useEffect(() => {
    const element = wrapper.current?.textareaElement;
    if (element) tie(element, ties);
  });
  return (
    <Textarea
      ref={wrapper as RefObject<never>}
      value={value}
      onChange={(next) => onChange(String(next))}
      placeholder={placeholder ?? ''}
      rows={rows}
      {...(ties.invalid ? { status: 'error' as const } : {})}
      {...(maxLength ? { maxlength: maxLength } : {})}
    />
  );
}

interface ChoiceProps<V extends string> {
  ties: Ties;
  value: V | '';
  options: readonly { value: V; label: string }[];
  /** The text of the empty choice; without it there is none. */
  empty?: string;
  onChange(value: V | undefined): void;
  className?: string;
}

/** The platform's own list, dressed as TDesign's: it speaks to screen readers and works by keyboard and touch. */
export function Choice<V extends string>(props: ChoiceProps<V>) {
  const { ties, value, options, empty, onChange, className } = props;
  return (
    <select
      id={ties.id}
      className={`choice ${className ?? ''}`}
      value={value}
      aria-describedby={ties.describedBy}
      aria-invalid={ties.invalid || undefined}
      onChange={(event) => onChange(options.find((option) => option.value === event.target.value)?.value)}
    >
      {empty !== undefined && <option value="">{empty}</option>}
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

interface ToggleProps {
  ties: Ties;
  value: boolean;
  /** What the state is called. */
  text: string;
  onChange(value: boolean): void;
}

/** A switch with its state in words beside it. */
export function Toggle({ ties, value, text, onChange }: ToggleProps) {
  return (
    <span className="toggle">
      <input
        id={ties.id}
        type="checkbox"
        role="switch"
        checked={value}
        aria-checked={value}
        aria-describedby={ties.describedBy}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span aria-hidden>{text}</span>
    </span>
  );
}

interface RadiosProps {
  label: string;
  hint?: string | undefined;
  value: string;
  options: readonly { value: string; label: string; hint?: string | undefined }[];
  onChange(value: string): void;
}

/** A choice whose options are explained. */
export function Radios({ label, hint, value, options, onChange }: RadiosProps) {
  const name = useId();
  return (
    <fieldset className="options">
      <legend className="field-label">{label}</legend>
      {options.map((option) => (
        <label key={option.value} className="option">
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          <span>
            {option.label}
            {option.hint && <span className="field-hint option-hint">{option.hint}</span>}
          </span>
        </label>
      ))}
      {hint && <div className="field-hint">{hint}</div>}
    </fieldset>
  );
}

function tie(element: HTMLElement, { id, describedBy, invalid }: Ties): void {
  element.id = id;
  if (describedBy) element.setAttribute('aria-describedby', describedBy);
  else element.removeAttribute('aria-describedby');
  if (invalid) element.setAttribute('aria-invalid', 'true');
  else element.removeAttribute('aria-invalid');
}

function useFocusAtStart(wanted: boolean | undefined, find: () => HTMLElement | undefined): void {
  const finder = useRef(find);
  useEffect(() => {
    if (wanted) finder.current()?.focus();
  }, [wanted]);
}
