// Components that every page uses.

import { useEffect, useId, useState, type ReactNode } from "react";

/** An address that is shown short and copied in full. */
export function Address({ value, label }: { readonly value: string; readonly label?: string }) {
  const [isCopied, setIsCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setIsCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async () => {
    await navigator.clipboard.writeText(value).then(
      () => setIsCopied(true),
      () => undefined,
    );
  };
  const short = value.length > 14 ? `${value.slice(0, 6)}…${value.slice(-4)}` : value;
  return (
    <button type="button" className="address" title={value} onClick={() => void copy()}>
      <span className="visually-hidden">{`Copy ${label ?? "address"} `}</span>
      {short}
      <span aria-live="polite" className="copied">
        {isCopied ? "copied" : ""}
      </span>
    </button>
  );
}

export type Tone = "info" | "good" | "warning" | "bad";

const SIGNS: Readonly<Record<Tone, string>> = { info: "i", good: "✓", warning: "!", bad: "×" };

/** Something that the reader must notice. The sign conveys the tone without colour. */
export function Notice({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return (
    <div className={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      <span className="sign" aria-hidden="true">
        {SIGNS[tone]}
      </span>
      <div>{children}</div>
    </div>
  );
}

interface CardProps {
  readonly title: string;
  readonly intro?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
}

export function Card({ title, intro, children, className = "" }: CardProps) {
  const id = useId();
  return (
    <section className={`card ${className}`} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {intro !== undefined && <p className="intro">{intro}</p>}
      {children}
    </section>
  );
}

export interface TableColumn<Row> {
  readonly name: string;
  readonly cell: (row: Row) => ReactNode;
  readonly isText?: boolean;
}

interface DataTableProps<Row> {
  readonly caption: string;
  readonly columns: readonly TableColumn<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row, index: number) => string;
  readonly empty: string;
}

/** A table that scrolls on its own on narrow screens, also with the keyboard. */
export function DataTable<Row>({ caption, columns, rows, keyOf, empty }: DataTableProps<Row>) {
  if (rows.length === 0) return <p className="empty">{empty}</p>;
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ name, isText }) => (
              <th key={name} scope="col" className={isText ? "text" : ""}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={keyOf(row, index)}>
              {columns.map(({ name, cell, isText }) => (
                <td key={name} className={isText ? "text" : ""}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A chart with its message in words, and its figures as a table. */
export function Chart({
  title,
  summary,
  table,
  children,
}: {
  readonly title: string;
  readonly summary: string;
  readonly table: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <figure className="chart" aria-label={title}>
      {children}
      <figcaption>{summary}</figcaption>
      <details>
        <summary>Figures as a table</summary>
        {table}
      </details>
    </figure>
  );
}

/** A placeholder for something that is still being read. */
export function Loading({ what }: { readonly what: string }) {
  return (
    <p className="loading" role="status">
      Reading {what} …
    </p>
  );
}

interface EntryNames {
  readonly id: string;
  readonly "aria-describedby"?: string;
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly unit?: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  readonly isReadOnly?: boolean;
  readonly inputMode?: "decimal" | "numeric" | "text";
  readonly type?: "text" | "search" | "password";
  readonly placeholder?: string;
}

/**
 * The frame of an input: its label, a hint, and what is wrong with the value. The input receives the ids of the elements that name and
 * describe it.
 */
function Field({
  label,
  hint,
  error,
  children,
}: Pick<FieldProps, "label" | "hint" | "error"> & { readonly children: (named: EntryNames) => ReactNode }) {
  const id = useId();
  const described = [hint === undefined ? "" : `${id}-hint`, error === undefined ? "" : `${id}-error`].join(" ").trim();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="entry">{children({ id, ...(described !== "" && { "aria-describedby": described }) })}</div>
      {hint !== undefined && (
        <div className="hint" id={`${id}-hint`}>
          {hint}
        </div>
      )}
      {error !== undefined && (
        <p className="error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

/** A single-line input with its unit, a hint, and what is wrong with the value. */
export function TextField({ label, value, onChange, unit, hint, error, isReadOnly, ...input }: FieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(named) => (
        <>
          <input
            autoComplete="off"
            spellCheck={false}
            {...input}
            {...named}
            value={value}
            readOnly={isReadOnly}
            aria-invalid={error !== undefined}
            onChange={(event) => onChange(event.target.value)}
          />
          {unit !== undefined && <span className="unit">{unit}</span>}
        </>
      )}
    </Field>
  );
}

/** A multi-line input. */
export function TextArea({
  label,
  value,
  onChange,
  error,
}: Pick<FieldProps, "label" | "value" | "onChange" | "error">) {
  return (
    <Field label={label} error={error}>
      {(named) => (
        <textarea
          {...named}
          value={value}
          aria-invalid={error !== undefined}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

interface FileFieldProps {
  readonly label: string;
  readonly accept: string;
  readonly onChoose: (file: File | undefined) => void;
}

/** An input for one of the reader's files. */
export function FileField({ label, accept, onChoose }: FileFieldProps) {
  return (
    <label className="file">
      {label}
      <input type="file" accept={accept} onChange={(event) => onChoose(event.target.files?.[0])} />
    </label>
  );
}

/** A choice among too many options for buttons. */
export function SelectField({
  label,
  options,
  value,
  onChange,
  hint,
}: {
  readonly label: string;
  readonly options: readonly (readonly [string, string])[];
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly hint?: ReactNode;
}) {
  return (
    <Field label={label} hint={hint}>
      {(named) => (
        <select {...named} value={value} onChange={(event) => onChange(event.target.value)}>
          {options.map(([key, name]) => (
            <option key={key} value={key}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** Progress of something slow, from 0 to 1; undefined if unknown. */
export function ProgressNotice({ words, done }: { readonly words: string; readonly done: number | undefined }) {
  return (
    <Notice tone="info">
      <p>{words}</p>
      <progress className="bar" aria-label={words} {...(done !== undefined && { value: done, max: 1 })} />
    </Notice>
  );
}

/** A choice among a few options, as buttons of which one is pressed. */
export function Choice<T extends string>({
  label,
  options,
  value,
  onChange,
}: {
  readonly label: string;
  readonly options: readonly (readonly [T, string])[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}) {
  return (
    <div className="choice" role="group" aria-label={label}>
      {options.map(([key, name]) => (
        <button key={key} type="button" aria-pressed={key === value} onClick={() => onChange(key)}>
          {name}
        </button>
      ))}
    </div>
  );
}
